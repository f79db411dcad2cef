//! Invariant 5: attempts never exceed their two bounds; infrastructure's failures cost the user nothing.

use agent_runner_domain::{
    job::{
        AttemptEnd, AttemptRecord, Cause, CauseKind, Failure, Job, RetryAdvice, Status, Verdict,
    },
    ports::LaunchKey,
};

use super::{Change, Check, book::Charged};
use crate::world::{World, millis};

/// How far two clocks may be apart while things go wrong.
const SKEW_MAX: i64 = 45_000;

pub(super) fn attempts_keep_their_bounds(world: &World, change: &Change) -> Check {
    let job = &change.after;
    let before = world.book.seen.get(&change.id).map(|seen| seen.charged).unwrap_or_default();
    let before = if change.is_retry() { Charged::default() } else { before };
    let charged = before.plus(change);
    let stored = Charged { user: job.user_failures, infrastructure: job.infrastructure_failures };
    if stored != charged {
        return Err(format!("charged are {charged:?}, the job says {stored:?}"));
    }
    if charged.user > job.spec.max_attempts
        || charged.infrastructure > job.spec.max_infrastructure_attempts
    {
        return Err(format!("{charged:?} is more than {:?} allows", job.spec));
    }
    match change.ended_attempt() {
        Some(record) => the_failure_is_real(world, change, record)
            .and_then(|()| no_attempt_is_withheld(world, job, record, charged)),
        None => Ok(()),
    }
}

/// What the user pays for was the user's own.
fn the_failure_is_real(world: &World, change: &Change, record: &AttemptRecord) -> Check {
    let AttemptEnd::Failed(cause) = &record.end else {
        return Ok(());
    };
    let key = LaunchKey { job: change.id, attempt: record.number };
    let said = match world.ledger.verdicts.get(&key) {
        Some(Verdict::Failed(Failure { kind, .. })) => Some(*kind),
        _ => None,
    };
    let real = match cause.kind {
        CauseKind::HandlerError => said == Some(CauseKind::HandlerError),
        CauseKind::BudgetExceeded => said == Some(CauseKind::BudgetExceeded),
        CauseKind::Timeout => said == Some(CauseKind::Timeout) || ran_out(world, change),
        CauseKind::OutOfMemory => {
            let launch = world.platform.launches.get(&key);
            launch.and_then(|launch| launch.exit.as_ref()).is_some_and(|exit| exit.out_of_memory)
        }
        _ => true,
    };
    if real { Ok(()) } else { Err(format!("{cause:?} did not happen, the worker said {said:?}")) }
}

fn ran_out(world: &World, change: &Change) -> bool {
    let tolerance = if world.fair { 0 } else { SKEW_MAX };
    world.now - change.changed_at + tolerance >= millis(change.after.spec.timeout())
}

/// A failure that may pass ends the job only when its bound is used up.
fn no_attempt_is_withheld(
    world: &World,
    job: &Job,
    record: &AttemptRecord,
    charged: Charged,
) -> Check {
    let AttemptEnd::Failed(cause) = &record.end else {
        return Ok(());
    };
    let failed = matches!(job.status(), Status::Failed | Status::TimedOut);
    let left = match payer(cause) {
        Some(Payer::User) => charged.user < job.spec.max_attempts,
        Some(Payer::Infrastructure) => {
            charged.infrastructure < job.spec.max_infrastructure_attempts
        }
        None => false,
    };
    let key = LaunchKey { job: job.id, attempt: record.number };
    if failed && left && may_pass(world, key, cause) {
        return Err(format!("the job ended by {cause:?} with attempts left: {charged:?}"));
    }
    Ok(())
}

fn may_pass(world: &World, key: LaunchKey, cause: &Cause) -> bool {
    let for_ever = match world.ledger.verdicts.get(&key) {
        Some(Verdict::Failed(said)) => said.kind == cause.kind && said.retry == RetryAdvice::GiveUp,
        _ => cause.kind == CauseKind::LaunchFailed,
    };
    !for_ever
}

enum Payer {
    User,
    Infrastructure,
}

/// Who has to pay, in the words of the design.
fn payer(cause: &Cause) -> Option<Payer> {
    match cause.kind {
        CauseKind::WorkerLost | CauseKind::LaunchFailed | CauseKind::Interrupted => {
            Some(Payer::Infrastructure)
        }
        CauseKind::Cancelled | CauseKind::DependencyFailed => None,
        _ => Some(Payer::User),
    }
}

impl Charged {
    pub(super) fn plus(mut self, change: &Change) -> Self {
        if let Some(AttemptRecord { end: AttemptEnd::Failed(cause), .. }) = change.ended_attempt() {
            match payer(cause) {
                Some(Payer::User) => self.user += 1,
                Some(Payer::Infrastructure) => self.infrastructure += 1,
                None => {}
            }
        }
        self
    }
}
