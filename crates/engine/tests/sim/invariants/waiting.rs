//! Who waits for children has no worker, and goes on when all of them are final, soon.

use agent_runner_domain::{
    JobId,
    job::{JobState, Status, Verdict},
    ports::LaunchKey,
};

use super::{Change, Check};
use crate::world::{Millis, World};

/// From the end of the last child until its parent is in line again, when all goes well.
const NEWS_TAKES: Millis = 3_000;
/// The same when that child's worker carried out no effects: the parent looks by itself.
const LOOK_TAKES: Millis = 65_000;

pub(super) fn a_job_waits_only_as_its_worker_said(world: &World, change: &Change) -> Check {
    let before = change.before.as_ref().map_or(&[][..], |job| waits_for(&job.state));
    let after = waits_for(&change.after.state);
    if after.is_empty() || before == after {
        return Ok(());
    }
    let key = LaunchKey { job: change.id, attempt: change.after.attempts };
    match world.ledger.verdicts.get(&key) {
        Some(Verdict::Waiting { on }) if on == after => Ok(()),
        said => Err(format!("it waits for {after:?}, its worker said {said:?}")),
    }
}

pub(super) fn a_parent_goes_on_when_all_its_children_have_ended(
    world: &World,
    change: &Change,
) -> Check {
    let on = change.before.as_ref().map_or(&[][..], |job| waits_for(&job.state));
    if on.is_empty() || matches!(change.after.status(), Status::Blocked | Status::Cancelled) {
        return Ok(());
    }
    if change.after.status() != Status::Queued {
        return Err(format!("{} out of its wait", change.after.status()));
    }
    let children: Vec<_> = on.iter().filter_map(|id| world.book.seen.get(id)).collect();
    let open = |seen: &&&super::book::Seen| !seen.job.status().is_final() && seen.retries == 0;
    if let Some(seen) = children.iter().find(open) {
        return Err(format!("goes on while {} is {}", seen.job.id, seen.job.status()));
    }
    let last = children
        .iter()
        .filter_map(|seen| Some((seen.finished_at?, &seen.job)))
        .max_by_key(|(at, _)| *at);
    let Some((ended_at, child)) = last.filter(|_| world.fair) else {
        return Ok(());
    };
    let key = LaunchKey { job: child.id, attempt: child.attempts };
    let bound = if world.ledger.direct.contains(&key) { LOOK_TAKES } else { NEWS_TAKES };
    let late = world.now - ended_at.max(change.changed_at);
    if late > bound { Err(format!("learnt {late} ms late that it need not wait")) } else { Ok(()) }
}

pub(super) fn waits_for(state: &JobState) -> &[JobId] {
    match state {
        JobState::Blocked { waits_for, .. } => waits_for,
        _ => &[],
    }
}
