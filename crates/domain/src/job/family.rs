//! The end of a whole family: who cancels a job wants nothing that it started to go on, and to go on spending.
//!
//! Only a cancellation does this. Children of a job that ends otherwise go on without it.

use super::{CauseKind, Effect, Failure, FamilyChore, Outcome, apply::Change, chores::CHORE_TURN};
use crate::{
    JobId,
    mutant::{self, Mutant},
};

impl Change {
    pub(super) fn cancelled_with(&mut self, ancestor: JobId) -> bool {
        if self.job.status().is_final() {
            return false;
        }
        let spec = &self.job.spec;
        let whose = if spec.parent != Some(ancestor) {
            "from which this one descends,"
        } else if spec.parent_attempt == 0 {
            "to which this one belongs,"
        } else {
            "which started this one,"
        };
        let message = format!("{ancestor}, {whose} was cancelled");
        self.give_up(Outcome::Cancelled, Failure::lasting(CauseKind::Cancelled, message));
        true
    }

    /// Also without any attempt: users may have handed in jobs that belong to this one.
    pub(super) fn cancel_descendants(&mut self) {
        let (end, attempts) = (self.job.ends, self.job.attempts);
        if mutant::active(Mutant::CancelledFamilyGoesOn) {
            return;
        }
        self.effects.push(Effect::CancelDescendants { end, attempts });
        if !mutant::active(Mutant::CancelledFamilyNotKept) {
            let next_at = self.now.plus(CHORE_TURN);
            self.job.chores.family = Some(FamilyChore { end, attempts, next_at });
        }
    }

    /// News of an earlier cancellation leaves what is to be done for this one.
    pub(super) fn descendants_cancelled(&mut self, end: u32) -> bool {
        self.job.chores.family.take_if(|family| family.end == end).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        Lease, TenantId, Timestamp,
        job::{Job, JobEvent, JobSpec, Status, Terms},
    };

    fn after(job: &Job, event: JobEvent) -> Job {
        let step = job.apply(event, Timestamp::from_millis(1)).expect("the job takes it");
        step.expect("something changes").job
    }

    fn job() -> Job {
        let (now, mut spec) = (Timestamp::from_millis(0), JobSpec::of_type("echo"));
        spec.parent = Some(JobId::from_u128(2));
        Job::accepted(JobId::from_u128(3), TenantId::default_tenant(), spec, now, now)
    }

    fn claimed(job: &Job, lease: u128) -> Job {
        let (lease, terms) = (Lease::from_u128(lease), Terms::default());
        after(job, JobEvent::Claimed { lease, terms })
    }

    #[test]
    fn a_retry_calls_nothing_off_and_its_own_cancellation_is_another_one() {
        let cancelled = after(&claimed(&job(), 1), JobEvent::Cancel);
        let again = claimed(&after(&cancelled, JobEvent::Retry), 2);
        let family = |job: &Job| job.chores.family.as_ref().map(|it| (it.end, it.attempts));
        assert_eq!((family(&cancelled), family(&again)), (Some((1, 1)), Some((1, 1))));
        let twice = after(&again, JobEvent::Cancel);
        assert_eq!(family(&twice), Some((2, 2)));
        let late = JobEvent::DescendantsCancelled { end: 1 };
        assert_eq!(twice.apply(late, Timestamp::from_millis(2)), Ok(None));
        assert_eq!(family(&after(&twice, JobEvent::DescendantsCancelled { end: 2 })), None);
    }

    #[test]
    fn a_job_without_attempts_has_those_to_cancel_that_users_gave_it() {
        let cancelled = after(&job(), JobEvent::Cancel);
        let family = cancelled.chores.family.as_ref().map(|it| (it.end, it.attempts));
        assert_eq!(family, Some((1, 0)));
    }

    #[test]
    fn who_is_cancelled_with_another_is_told_with_whom() {
        for (ancestor, attempt, whose) in [
            (2, 1, "which started this one"),
            (2, 0, "to which this one belongs"),
            (1, 1, "from which this one descends"),
        ] {
            let ancestor = JobId::from_u128(ancestor);
            let mut job = job();
            Arc::make_mut(&mut job.spec).parent_attempt = attempt;
            let ended = after(&job, JobEvent::CancelledWith { ancestor });
            let message = ended.cause.as_ref().expect("a cause").message.clone();
            assert_eq!(ended.status(), Status::Cancelled);
            assert!(
                message.contains(whose) && message.contains(&ancestor.to_string()),
                "{message}"
            );
            let again =
                ended.apply(JobEvent::CancelledWith { ancestor }, Timestamp::from_millis(2));
            assert_eq!(again, Ok(None));
        }
    }
}
