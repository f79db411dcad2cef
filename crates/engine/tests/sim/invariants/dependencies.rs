//! Invariant 4: a dependent starts only after all that it depends on succeeded, sees their results, and fails
//! with `dependency_failed` when one of them fails.

use agent_runner_domain::{
    job::{CauseKind, Job, Status},
    ports::{Assignment, LaunchKey},
};

use super::{Change, Check, DEPENDENCIES, waiting::waits_for};
use crate::world::{Millis, World};

/// From the end of the last dependency until its dependent knows, when all goes well.
const NEWS_TAKES: Millis = 3_000;

pub(super) fn dependents_wait_for_success(world: &World, change: &Change) -> Check {
    let job = &change.after;
    // Who waits for children has begun: what it depends on is no question any more.
    let was_blocked = change
        .before
        .as_ref()
        .is_none_or(|job| job.status() == Status::Blocked && waits_for(&job.state).is_empty());
    if job.spec.depends_on.is_empty() || !was_blocked || job.status() == Status::Blocked {
        return Ok(());
    }
    let statuses: Vec<_> = dependencies(world, job).map(|(job, _)| job.status()).collect();
    let failed = |status: &Status| status.is_final() && *status != Status::Succeeded;
    let kind = job.cause.as_ref().map(|cause| cause.kind);
    match (job.status(), kind) {
        (Status::Cancelled, _) => return Ok(()),
        (Status::Failed, Some(CauseKind::DependencyFailed)) => {
            let retried = dependencies(world, job).any(|(_, retries)| retries > 0);
            if !statuses.iter().any(failed) && !retried {
                return Err(format!("nothing failed that it depends on: {statuses:?}"));
            }
        }
        _ if statuses.iter().all(|status| *status == Status::Succeeded) => {}
        (status, _) => return Err(format!("{status} although it depends on {statuses:?}")),
    }
    the_news_came_soon(world, change)
}

fn dependencies<'a>(world: &'a World, job: &'a Job) -> impl Iterator<Item = (&'a Job, u32)> {
    let seen = job.spec.depends_on.iter().filter_map(|id| world.book.seen.get(id));
    seen.map(|seen| (&seen.job, seen.retries))
}

fn the_news_came_soon(world: &World, change: &Change) -> Check {
    let ends = change.after.spec.depends_on.iter().filter_map(|id| {
        let seen = world.book.seen.get(id)?;
        let failed = seen.job.status().is_final() && seen.job.status() != Status::Succeeded;
        Some((failed, seen.finished_at?))
    });
    let ends: Vec<_> = ends.collect();
    let first_failure = ends.iter().filter(|(failed, _)| *failed).map(|(_, at)| *at).min();
    let last_end = ends.iter().map(|(_, at)| *at).max();
    let known_at = first_failure.or(last_end).unwrap_or(world.now).max(change.changed_at);
    if world.fair && world.now - known_at > NEWS_TAKES {
        return Err(format!("learnt {} ms late that it need not wait", world.now - known_at));
    }
    Ok(())
}

pub(super) fn no_success_rests_on_a_failure(world: &World) -> Check {
    let succeeded = world.book.seen.values().filter(|seen| seen.job.status() == Status::Succeeded);
    for seen in succeeded {
        if dependencies(world, &seen.job).any(|(job, _)| job.status() != Status::Succeeded) {
            return Err(format!("{} succeeded without what it depends on", seen.job.id));
        }
    }
    Ok(())
}

impl World {
    /// What a worker was handed must be what its job depends on.
    pub(crate) fn check_assignment(&mut self, key: LaunchKey, assignment: &Assignment) {
        let Some(seen) = self.book.seen.get(&key.job) else {
            return;
        };
        let wanted = &seen.job.spec.depends_on;
        let complete = wanted.iter().all(|id| {
            let result = self.store.inspect(|records| records.get(id)?.result.clone());
            result.is_some() && assignment.inputs.get(id) == result.as_ref()
        });
        let own = assignment.job_id == key.job && assignment.attempt == key.attempt;
        if !complete || !own {
            self.complain(DEPENDENCIES, format!("{key:?} was handed {assignment:?}"));
        }
    }
}
