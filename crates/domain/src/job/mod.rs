//! A job and everything that decides how it changes.

mod apply;
mod attempt;
mod backoff;
mod cause;
mod chores;
mod end;
mod event;
mod family;
mod priority;
mod resources;
mod spec;
mod state;
mod waiting;
mod wake;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::{
    attempt::{AttemptEnd, AttemptRecord},
    backoff::Backoff,
    cause::{Cause, CauseKind, Evidence, Failure, PaidBy, RetryAdvice},
    chores::{CALLBACK_TRIES_MAX, CallbackChore, Chores, FamilyChore, ReleaseChore, StopChore},
    event::{
        DependencyView, Effect, Exit, JobEvent, LaunchFailure, LaunchFailureKind, LaunchView,
        Refused, Step, Verdict,
    },
    priority::{Priority, PriorityError, Rank},
    resources::{Architecture, CPU_UNIT, MachineSize, Resources, ResourcesFault},
    spec::{ATTEMPTS_MAX, DEPTH_MAX, JobSpec, TIMEOUT_DEFAULT, TIMEOUT_MAX},
    state::{JobState, LaunchRef, Outcome, Status, Terms},
    waiting::WAITS_MAX,
};
use crate::{JobId, TenantId, Timestamp};

/// How many ended attempts a job remembers; older ones are in its events.
pub const HISTORY_MAX: usize = 50;

/// What a user asked for and where it is in its life.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub tenant: TenantId,
    pub created_at: Timestamp,
    /// What was asked for; never changes.
    pub spec: Arc<JobSpec>,
    pub priority: Priority,
    pub state: JobState,
    /// Attempts claimed so far, which is the number of the newest one.
    pub attempts: u32,
    /// Failures that the user's `max_attempts` pays for.
    pub user_failures: u32,
    /// Failures that the separate bound for infrastructure pays for.
    pub infrastructure_failures: u32,
    /// How often it has waited for children since it was accepted or retried; at most [`WAITS_MAX`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waits: u32,
    /// When the newest attempt's worker said that it runs.
    pub started_at: Option<Timestamp>,
    /// Why the last attempt (or the job) ended without success.
    pub cause: Option<Cause>,
    /// Ended attempts, oldest first, at most [`HISTORY_MAX`].
    pub history: Vec<AttemptRecord>,
    /// How often the job has become final: more than once only by a user's retry.
    pub ends: u32,
    /// Somebody depends on this job. Kept by [`crate::ports::JobStore::insert`].
    pub has_dependents: bool,
    /// Effects that outlive the transition which caused them.
    pub chores: Chores,
}

impl Job {
    /// A job as it is accepted: `BLOCKED` if it depends on others, else `QUEUED`.
    #[must_use]
    pub fn accepted(
        id: JobId,
        tenant: TenantId,
        spec: JobSpec,
        not_before: Timestamp,
        now: Timestamp,
    ) -> Self {
        let priority = spec.priority;
        let state = Self::waiting_state(&spec, not_before, now);
        Self {
            id,
            tenant,
            created_at: now,
            spec: Arc::new(spec),
            priority,
            state,
            attempts: 0,
            user_failures: 0,
            infrastructure_failures: 0,
            waits: 0,
            started_at: None,
            cause: None,
            history: Vec::new(),
            ends: 0,
            has_dependents: false,
            chores: Chores::default(),
        }
    }

    #[must_use]
    pub fn status(&self) -> Status {
        self.state.status()
    }

    #[must_use]
    pub fn finished_at(&self) -> Option<Timestamp> {
        match self.state {
            JobState::Finished { at, .. } => Some(at),
            _ => None,
        }
    }

    /// Where the job stands in line, or `None` while it may not be launched.
    /// Smaller is sooner. Changes only by [`Job::apply`], so an adapter may index it.
    #[must_use]
    pub fn rank(&self) -> Option<Rank> {
        match self.state {
            JobState::Queued { ready_at: Some(ready_at), .. } => Some(self.priority.rank(ready_at)),
            _ => None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
