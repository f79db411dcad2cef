//! Invariant 3: at most one launch per attempt; no launch outlives its job by more than the grace period.

use agent_runner_domain::{
    JobId,
    job::{Status, Terms},
    ports::{LaunchKey, LaunchOrder},
};

use super::{Change, Check, NOTICE, NOTICE_AFTER_TROUBLES, ONE_LAUNCH};
use crate::world::{World, millis};

pub(super) fn every_attempt_has_a_lease_of_its_own(world: &World, change: &Change) -> Check {
    let job = &change.after;
    if job.status() != Status::Launching {
        return Ok(());
    }
    let before = change.before.as_ref().map_or(0, |job| job.attempts);
    let key = LaunchKey { job: change.id, attempt: job.attempts };
    let lease = job.state.lease();
    let claimed_now = change.before.as_ref().is_none_or(|job| job.status() != Status::Launching);
    if claimed_now && (job.attempts != before + 1 || world.ledger.leases.contains_key(&key)) {
        return Err(format!("attempt {} was claimed after {before}", job.attempts));
    }
    let known =
        world.ledger.leases.iter().find(|(other, known)| **other != key && Some(**known) == lease);
    known.map_or(Ok(()), |(other, _)| Err(format!("{key:?} has the lease of {other:?}")))
}

pub(super) fn no_launch_outlives_its_attempt(world: &World) -> Check {
    if !world.is_fair() {
        return Ok(());
    }
    let notice = if world.fair { NOTICE } else { NOTICE_AFTER_TROUBLES };
    let bound = notice + millis(Terms::default().grace());
    for (key, launch) in world.platform.live() {
        let since = launch.idle_since.map(|since| since.max(world.fair_since.unwrap_or(since)));
        if since.is_some_and(|since| world.now - since > bound) {
            return Err(format!("{key:?} runs on although nobody waits for it"));
        }
    }
    Ok(())
}

impl World {
    /// A launch is asked for: its attempt must be stored.
    pub(crate) fn check_launch(&mut self, order: &LaunchOrder) {
        if self.ledger.leases.get(&order.key) != Some(&order.lease) {
            self.complain(ONE_LAUNCH, format!("{:?} is launched without a claim", order.key));
        }
    }

    /// Notes which launches of a job nobody waits for any more.
    pub(crate) fn find_idle_launches(&mut self, job: JobId) {
        let lease = self.book.seen.get(&job).and_then(|seen| seen.job.state.lease());
        let own = LaunchKey { job, attempt: 0 }..=LaunchKey { job, attempt: u32::MAX };
        for (_, launch) in self.platform.launches.range_mut(own) {
            if lease == Some(launch.lease) {
                launch.idle_since = None;
            } else {
                launch.idle_since.get_or_insert(self.now);
            }
        }
    }
}
