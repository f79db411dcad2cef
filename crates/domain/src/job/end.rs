//! How attempts and jobs end.

use super::{
    AttemptEnd, AttemptRecord, Backoff, CALLBACK_TRIES_MAX, CallbackChore, CauseKind, Effect,
    Failure, HISTORY_MAX, Job, JobState, Outcome, PaidBy, ReleaseChore, RetryAdvice, StopChore,
    apply::Change,
    chores::{CHORE_TURN, STOP_PAUSE_MIN},
};
use crate::{
    Timestamp,
    mutant::{self, Mutant},
};

impl Change {
    pub(super) fn succeed(&mut self) {
        self.job.cause = None;
        self.end_attempt(AttemptEnd::Succeeded);
        self.finish(Outcome::Succeeded);
    }

    /// Another attempt if the failure allows it and its bound has room, else the end of the job.
    /// A caller that is not sure that the launch is over calls [`Self::stop_launch`] first.
    pub(super) fn attempt_failed(&mut self, failure: Failure) {
        let kind = failure.kind;
        let (count, bound, backoff) = self.charge(kind.paid_by());
        let bound = bound + u32::from(mutant::active(Mutant::AttemptsBoundOffByOne));
        let again = failure.retry == RetryAdvice::Retry && count < bound;
        let pause = backoff.delay(count, self.seed()).max(failure.retry_after());
        let retry_at = again.then(|| self.now.plus(pause));
        let cause = failure.into_cause(retry_at);
        self.job.cause = Some(cause.clone());
        self.end_attempt(AttemptEnd::Failed(cause));
        match retry_at {
            Some(not_before) => self.enter_queue(not_before),
            None if kind == CauseKind::Timeout => self.finish(Outcome::TimedOut),
            None => self.finish(Outcome::Failed),
        }
    }

    /// Ends the job whatever its state, and stops what runs for it.
    pub(super) fn give_up(&mut self, outcome: Outcome, failure: Failure) {
        let cause = failure.into_cause(None);
        self.job.cause = Some(cause.clone());
        if !mutant::active(Mutant::CancelForgetsToStop) {
            self.stop_launch();
        }
        self.end_attempt(AttemptEnd::Failed(cause));
        self.finish(outcome);
    }

    fn charge(&mut self, paid_by: PaidBy) -> (u32, u32, Backoff) {
        let job = &mut self.job;
        match paid_by {
            PaidBy::User => {
                job.user_failures += 1;
                (job.user_failures, job.spec.max_attempts, job.spec.backoff)
            }
            PaidBy::Infrastructure => {
                job.infrastructure_failures += 1;
                let bound = job.spec.max_infrastructure_attempts;
                (job.infrastructure_failures, bound, Backoff::INFRASTRUCTURE)
            }
        }
    }

    /// Remembers the attempt under way, if there is one.
    pub(super) fn end_attempt(&mut self, end: AttemptEnd) {
        let (number, lease, launched_at, started_at) = match self.job.state {
            JobState::Launching { attempt, lease, since, .. } => (attempt, lease, since, None),
            JobState::Running { attempt, lease, since, started_at, .. } => {
                (attempt, lease, since, Some(started_at))
            }
            _ => return,
        };
        let ended_at = self.now;
        let history = &mut self.job.history;
        history.push(AttemptRecord { number, lease, launched_at, started_at, ended_at, end });
        let excess = history.len().saturating_sub(HISTORY_MAX);
        history.drain(..excess);
    }

    fn finish(&mut self, outcome: Outcome) {
        self.job.ends += 1;
        self.enter(JobState::Finished { outcome, at: self.now });
        let next_at = self.now.plus(CHORE_TURN);
        if self.job.has_dependents && !mutant::active(Mutant::DependentsNotReleased) {
            self.job.chores.release = Some(ReleaseChore { next_at });
            self.effects.push(Effect::ReleaseDependents { end: self.job.ends });
        }
        if outcome == Outcome::Cancelled {
            self.cancel_descendants();
        }
        self.tell_parent();
        if self.job.spec.callback_url.is_some() {
            self.job.chores.callback = Some(CallbackChore { next_at, tries: 1 });
            self.effects.push(Effect::CallBack { end: self.job.ends, tries: 1 });
        }
    }

    /// Leaves the order to stop the launch under way with the job, until the launch is known to be gone.
    pub(super) fn stop_launch(&mut self) {
        let (attempt, launch, terms) = match &self.job.state {
            JobState::Launching { attempt, launch, terms, .. }
            | JobState::Running { attempt, launch, terms, .. } => {
                (*attempt, launch.clone(), *terms)
            }
            _ => return,
        };
        let grace_ms = terms.grace_ms;
        self.effects.push(Effect::Stop { attempt, launch: launch.clone(), grace_ms });
        let next_at = self.now.plus(terms.grace().max(STOP_PAUSE_MIN));
        self.job.chores.stops.push(StopChore { attempt, launch, grace_ms, next_at, tries: 1 });
    }

    /// A late answer about an earlier end says nothing about this one.
    pub(super) fn callback_tried(&mut self, end: u32, accepted: bool) -> bool {
        if end != self.job.ends {
            return false;
        }
        let now = self.now;
        let Some(chore) = &mut self.job.chores.callback else {
            return false;
        };
        let last = chore.tries >= CALLBACK_TRIES_MAX
            || mutant::active(Mutant::CallbackDroppedAfterFailure);
        if accepted || last {
            self.job.chores.callback = None;
        } else {
            chore.next_at = now.plus(CallbackChore::pause(chore.tries));
        }
        true
    }

    /// Stands in for randomness: differs between jobs and attempts, is the same on every replica.
    pub(super) fn seed(&self) -> u64 {
        let bits = self.job.id.as_u128();
        let folded = u64::try_from(bits & u128::from(u64::MAX)).expect("64 bits are left");
        folded.wrapping_add(u64::from(self.job.attempts))
    }
}

impl Job {
    /// When the attempt under way must be over.
    #[must_use]
    pub fn attempt_deadline(&self) -> Option<Timestamp> {
        match self.state {
            JobState::Running { started_at, .. } => Some(started_at.plus(self.spec.timeout())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        JobId, Lease, TenantId,
        job::{JobEvent, JobSpec, Terms, Verdict},
    };

    /// How long after this failure the next attempt may start.
    fn pause_after(failure: Failure) -> Duration {
        let (now, spec) = (Timestamp::from_millis(0), JobSpec::of_type("chat"));
        let job = Job::accepted(JobId::from_u128(1), TenantId::default_tenant(), spec, now, now);
        let (lease, terms) = (Lease::from_u128(1), Terms::default());
        let events = [
            JobEvent::Claimed { lease, terms },
            JobEvent::Started { lease, launch: None },
            JobEvent::Finished { lease, verdict: Verdict::Failed(failure) },
        ];
        let after = |job: Job, event| {
            job.apply(event, now).expect("the job takes it").expect("something changes").job
        };
        let cause = events.into_iter().fold(job, after).cause.expect("it failed");
        cause.retry_at.expect("it is tried again").since(now)
    }

    #[test]
    fn a_failure_may_ask_for_a_longer_pause_than_the_backoff_but_not_for_ever() {
        let failure = || Failure::passing(CauseKind::ProviderError, "429");
        let plain = pause_after(failure());
        assert_eq!(pause_after(failure().with_retry_after(Duration::from_nanos(1))), plain);
        let hour = Duration::from_hours(1);
        assert_eq!(pause_after(failure().with_retry_after(hour)), hour);
        let forever = Failure { retry_after_ms: Some(u64::MAX), ..failure() };
        assert_eq!(pause_after(forever), Failure::RETRY_AFTER_MAX);
    }
}
