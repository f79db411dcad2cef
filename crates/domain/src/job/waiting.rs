//! Waiting for children without holding a slot: the attempt ends, and the job goes on with another one.

use super::{AttemptEnd, CauseKind, Effect, Failure, JobState, apply::Change, wake};
use crate::{
    JobId,
    mutant::{self, Mutant},
};

/// How often a job may wait for children before it is taken for one that waits for ever.
pub const WAITS_MAX: u32 = 1_000;

impl Change {
    /// The attempt has done what it can until these jobs are final. It costs nobody an attempt.
    pub(super) fn wait_for(&mut self, on: Vec<JobId>) {
        if self.job.waits >= WAITS_MAX {
            let message = format!("the handler waited for children {WAITS_MAX} times");
            self.attempt_failed(Failure::lasting(CauseKind::HandlerError, message));
            return;
        }
        self.job.waits += 1;
        self.job.user_failures += u32::from(mutant::active(Mutant::WaitingCostsAnAttempt));
        self.job.cause = None;
        self.end_attempt(AttemptEnd::Waited);
        if on.is_empty() {
            self.enter_queue(self.now);
            return;
        }
        self.enter(JobState::Blocked {
            not_before: self.now,
            check_at: self.now.plus(wake::CHECK_FIRST),
            checks: 0,
            waits_for: on,
        });
        self.effects.push(Effect::CheckDependencies);
    }

    /// News of an earlier wait says nothing about this one.
    pub(super) fn children_ended(&mut self, on: &[JobId]) -> bool {
        match &self.job.state {
            JobState::Blocked { not_before, waits_for, .. }
                if !on.is_empty() && waits_for == on =>
            {
                self.enter_queue(*not_before);
                true
            }
            _ => false,
        }
    }

    /// The parent may wait for this end.
    pub(super) fn tell_parent(&mut self) {
        if let Some(parent) = self.job.spec.parent
            && !mutant::active(Mutant::ParentNotTold)
        {
            self.effects.push(Effect::TellParent { parent });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Lease, TenantId, Timestamp,
        job::{Job, JobEvent, JobSpec, Outcome, Terms, Verdict},
    };

    fn after(job: &Job, event: JobEvent) -> Job {
        let step = job.apply(event, Timestamp::from_millis(1)).expect("the job takes it");
        step.expect("something changes").job
    }

    #[test]
    fn who_waits_for_ever_fails() {
        let (now, spec) = (Timestamp::from_millis(0), JobSpec::of_type("loop"));
        let mut job =
            Job::accepted(JobId::from_u128(1), TenantId::default_tenant(), spec, now, now);
        let on = vec![JobId::from_u128(2)];
        for number in 0..=WAITS_MAX {
            let (lease, terms) = (Lease::from_u128(number.into()), Terms::default());
            job = after(&job, JobEvent::Claimed { lease, terms });
            job = after(&job, JobEvent::Started { lease, launch: None });
            let verdict = Verdict::Waiting { on: on.clone() };
            job = after(&job, JobEvent::Finished { lease, verdict });
            if number < WAITS_MAX {
                job = after(&job, JobEvent::ChildrenEnded { on: on.clone() });
            }
        }
        let failed = JobState::Finished { outcome: Outcome::Failed, at: Timestamp::from_millis(1) };
        assert_eq!((job.state, job.user_failures), (failed, 1));
        assert!(job.cause.is_some_and(|cause| cause.message.contains("1000 times")));
    }
}
