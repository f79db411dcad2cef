//! Waiting for children without holding a slot: the attempt ends, and the job goes on with another one.

use super::{AttemptEnd, CauseKind, Effect, Failure, JobState, apply::Change, wake};
use crate::JobId;

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
        if let Some(parent) = self.job.spec.parent {
            self.effects.push(Effect::TellParent { parent });
        }
    }
}
