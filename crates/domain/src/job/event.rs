//! What can happen to a job, what follows from it, and what is refused.

use serde::{Deserialize, Serialize};

use super::{Cause, Evidence, Failure, Job, LaunchRef, Priority, Status, Terms};
use crate::{JobId, Lease, event::NewEvent};

/// Something that happened. Facts that the state machine cannot see for itself are part of the event.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent {
    /// The dispatcher takes the job to launch it. `lease` must be new.
    Claimed { lease: Lease, terms: Terms },
    /// The launcher accepted the launch and named it.
    Launched { lease: Lease, launch: LaunchRef },
    /// The launcher refused or failed.
    LaunchFailed { lease: Lease, failure: LaunchFailure },
    /// The launcher saw the launch of this attempt end.
    LaunchEnded { attempt: u32, exit: Exit },
    /// The worker says that it runs. A repetition changes nothing.
    Started { lease: Lease, launch: Option<LaunchRef> },
    /// The worker says that it lives.
    Heartbeat { lease: Lease },
    /// The worker's last word. A repetition changes nothing.
    Finished { lease: Lease, verdict: Verdict },
    /// A user wants it to end.
    Cancel,
    /// A job from which it descends was cancelled. Means nothing to a job that has ended.
    CancelledWith { ancestor: JobId },
    /// A user wants another attempt, with a clean count.
    Retry,
    /// A user moves it in line.
    SetPriority(Priority),
    /// Its `wake_at` has come.
    Woken,
    /// What the launcher says of a worker that fell silent.
    Observed { attempt: u32, view: LaunchView },
    /// What the store says of the jobs it depends on. Means nothing to a job that waits for children.
    DependenciesSeen(DependencyView),
    /// Of the jobs that it waits for, all of exactly these are final, or gone.
    ChildrenEnded { on: Vec<JobId> },
    /// All dependents have been told of this end.
    DependentsReleased { end: u32 },
    /// Of those that it started before this end, a cancellation, all are final, and so are their descendants.
    DescendantsCancelled { end: u32 },
    /// The launch of this attempt is known to be gone.
    StopConfirmed { attempt: u32 },
    /// The receiver of the callback for this end of the job said 2xx, or it did not.
    CallbackTried { end: u32, accepted: bool },
}

/// The worker's last word on its attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// The result travels beside the verdict, not in it.
    Succeeded,
    Failed(Failure),
    /// There is nothing to do until these jobs are final, however they end. The job is BLOCKED without a worker,
    /// then runs again: a handler remembers by its steps what it has done.
    Waiting {
        on: Vec<JobId>,
    },
}

/// Why a launch did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchFailure {
    pub kind: LaunchFailureKind,
    pub message: String,
    pub evidence: Evidence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchFailureKind {
    /// No room now: nothing was started, and it counts against nobody.
    Capacity,
    /// Something passing; counts as a failure of the infrastructure.
    Transient,
    /// It would fail for ever: the job ends.
    Permanent,
}

/// How a launch ended, as far as its launcher can tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exit {
    pub evidence: Evidence,
    /// The platform says that memory ran out.
    pub out_of_memory: bool,
    /// The platform took the machine away (Spot, maintenance).
    pub interrupted: bool,
    /// The worker never ran, and another launch would end the same way: its image is missing, say.
    pub lasting: bool,
    /// The platform's own words for it.
    pub reason: Option<String>,
}

/// What a launcher says of one launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaunchView {
    Running,
    /// It ran and is over.
    Gone(Exit),
    /// The launcher cannot tell (yet).
    Unknown,
}

/// The jobs that a job depends on, seen together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencyView {
    /// At least one is still under way.
    Waiting,
    AllSucceeded,
    /// This one ended without success.
    Failed {
        on: JobId,
        status: Status,
    },
}

/// Something to do after a step has been stored. All of them may be done twice; none may be forgotten,
/// because the job's `wake_at` brings it up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send the job's id through the queue.
    Enqueue,
    /// Ask the launcher how the silent worker is, then apply [`JobEvent::Observed`].
    Observe { attempt: u32, launch: Option<LaunchRef> },
    /// Load what the job waits for, then apply [`JobEvent::DependenciesSeen`] or [`JobEvent::ChildrenEnded`].
    CheckDependencies,
    /// Apply [`JobEvent::DependenciesSeen`] to every dependent, then [`JobEvent::DependentsReleased`].
    ReleaseDependents { end: u32 },
    /// Apply [`JobEvent::CancelledWith`] to all that descend from its first `attempts` attempts, or belong to it by a
    /// user's word, and are not final, then [`JobEvent::DescendantsCancelled`].
    CancelDescendants { end: u32, attempts: u32 },
    /// Stop the launch (politely, then by force), then apply [`JobEvent::StopConfirmed`].
    Stop { attempt: u32, launch: Option<LaunchRef>, grace_ms: u64 },
    /// Look at whether the parent waits for this end, as for [`Effect::CheckDependencies`]. Only makes it fast: a
    /// parent that waits looks by itself as well, so no job keeps this one in mind.
    TellParent { parent: JobId },
    /// Call the callback URL, then apply [`JobEvent::CallbackTried`].
    CallBack { end: u32, tries: u32 },
}

/// A change that is to be stored whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub job: Job,
    pub effects: Vec<Effect>,
    /// For the job's log, in order.
    pub log: Vec<NewEvent>,
}

/// The job does not go that way. Never an internal fault: whoever caused the event learns why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the attempt no longer holds the job")]
    LeaseLost,
    #[error("the job is {0}, which is final")]
    Final(Status),
    #[error("the job is {0}, not final")]
    NotFinal(Status),
    #[error("the job succeeded")]
    Succeeded,
    #[error("the job is {0}, no longer in line")]
    NotInLine(Status),
    #[error("the job is not ready to be launched")]
    NotReady,
}

impl Failure {
    /// As the job records it.
    pub(super) fn into_cause(self, retry_at: Option<crate::Timestamp>) -> Cause {
        Cause {
            paid_by: self.kind.paid_by(),
            kind: self.kind,
            message: self.message,
            evidence: self.evidence,
            retry_at,
        }
    }
}
