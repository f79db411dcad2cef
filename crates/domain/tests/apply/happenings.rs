//! Everything that can happen to a job, with leases and attempts that fit and such that do not.

use agent_runner_domain::{
    JobId, Lease,
    job::{
        CauseKind, DependencyView, Evidence, Exit, Failure, Job, JobEvent, LaunchFailure,
        LaunchFailureKind, LaunchRef, LaunchView, Priority, Status, Terms, Verdict,
    },
};
use proptest::{prelude::*, sample::select};

/// Whose lease or attempt is meant, as seen from the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    Current,
    Former,
    Nobodys,
}

/// An event before it is known which job it happens to.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Claimed,
    Launched(Whose),
    LaunchFailed(Whose, LaunchFailureKind),
    LaunchEnded(Whose, Exit),
    Started(Whose),
    Heartbeat(Whose),
    Finished(Whose, Verdict),
    Cancel,
    CancelledWith,
    Retry,
    SetPriority(i64),
    Woken,
    Observed(Whose, LaunchView),
    DependenciesSeen(DependencyView),
    ChildrenEnded(Vec<JobId>),
    DependentsReleased(Whose),
    DescendantsCancelled(Whose),
    StopConfirmed(Whose),
    CallbackTried(Whose, bool),
}

impl Happening {
    /// One of each kind for each answer that the state machine may give.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Claimed,
            Self::Cancel,
            Self::CancelledWith,
            Self::Retry,
            Self::SetPriority(1),
            Self::SetPriority(9),
            Self::Woken,
        ];
        let dead = Exit::default();
        let eaten = Exit { out_of_memory: true, ..Exit::default() };
        let taken = Exit { interrupted: true, ..Exit::default() };
        let hopeless = Exit { lasting: true, ..Exit::default() };
        let passing = |kind| Verdict::Failed(Failure::passing(kind, "it failed"));
        let lasting = Verdict::Failed(Failure::lasting(CauseKind::HandlerError, "never"));
        let on = JobId::from_u128(1);
        all.extend(
            [DependencyView::Waiting, DependencyView::AllSucceeded].map(Self::DependenciesSeen),
        );
        let failed = DependencyView::Failed { on, status: Status::Failed };
        all.push(Self::DependenciesSeen(failed));
        let (child, another) = (JobId::from_u128(3), JobId::from_u128(4));
        all.extend([Vec::new(), vec![child], vec![another]].map(Self::ChildrenEnded));
        let waiting = |on| Verdict::Waiting { on };
        for whose in [Whose::Current, Whose::Former, Whose::Nobodys] {
            all.extend([
                Self::Launched(whose),
                Self::LaunchFailed(whose, LaunchFailureKind::Capacity),
                Self::LaunchFailed(whose, LaunchFailureKind::Transient),
                Self::LaunchFailed(whose, LaunchFailureKind::Permanent),
                Self::LaunchEnded(whose, dead.clone()),
                Self::LaunchEnded(whose, eaten.clone()),
                Self::LaunchEnded(whose, taken.clone()),
                Self::LaunchEnded(whose, hopeless.clone()),
                Self::Started(whose),
                Self::Heartbeat(whose),
                Self::Finished(whose, Verdict::Succeeded),
                Self::Finished(whose, passing(CauseKind::HandlerError)),
                Self::Finished(whose, passing(CauseKind::Timeout)),
                Self::Finished(whose, passing(CauseKind::Interrupted)),
                Self::Finished(whose, lasting.clone()),
                Self::Finished(whose, waiting(vec![child])),
                Self::Finished(whose, waiting(vec![child, another])),
                Self::Finished(whose, waiting(Vec::new())),
                Self::Observed(whose, LaunchView::Running),
                Self::Observed(whose, LaunchView::Unknown),
                Self::Observed(whose, LaunchView::Gone(dead.clone())),
                Self::DependentsReleased(whose),
                Self::DescendantsCancelled(whose),
                Self::StopConfirmed(whose),
                Self::CallbackTried(whose, true),
                Self::CallbackTried(whose, false),
            ]);
        }
        all
    }

    pub(crate) fn any() -> impl Strategy<Value = Self> {
        select(Self::all())
    }

    /// The event for this job. `fresh` makes a lease that nobody had before.
    pub(crate) fn of(&self, job: &Job, fresh: u128) -> JobEvent {
        let lease = |whose| lease(job, whose);
        let attempt = |whose| attempt(job, whose);
        let name = || LaunchRef("process 7".to_owned());
        match self.clone() {
            Self::Claimed => {
                JobEvent::Claimed { lease: Lease::from_u128(fresh), terms: Terms::default() }
            }
            Self::Launched(whose) => JobEvent::Launched { lease: lease(whose), launch: name() },
            Self::LaunchFailed(whose, kind) => {
                let failure =
                    LaunchFailure { kind, message: "no".to_owned(), evidence: Evidence::default() };
                JobEvent::LaunchFailed { lease: lease(whose), failure }
            }
            Self::LaunchEnded(whose, exit) => {
                JobEvent::LaunchEnded { attempt: attempt(whose), exit }
            }
            Self::Started(whose) => JobEvent::Started { lease: lease(whose), launch: Some(name()) },
            Self::Heartbeat(whose) => JobEvent::Heartbeat { lease: lease(whose) },
            Self::Finished(whose, verdict) => JobEvent::Finished { lease: lease(whose), verdict },
            Self::Cancel => JobEvent::Cancel,
            Self::CancelledWith => JobEvent::CancelledWith { ancestor: JobId::from_u128(9) },
            Self::Retry => JobEvent::Retry,
            Self::SetPriority(level) => {
                JobEvent::SetPriority(Priority::try_from(level).expect("a priority"))
            }
            Self::Woken => JobEvent::Woken,
            Self::Observed(whose, view) => JobEvent::Observed { attempt: attempt(whose), view },
            Self::DependenciesSeen(view) => JobEvent::DependenciesSeen(view),
            Self::ChildrenEnded(on) => JobEvent::ChildrenEnded { on },
            Self::DependentsReleased(whose) => {
                JobEvent::DependentsReleased { end: end(job, whose) }
            }
            Self::DescendantsCancelled(whose) => {
                JobEvent::DescendantsCancelled { end: end(job, whose) }
            }
            Self::StopConfirmed(whose) => JobEvent::StopConfirmed { attempt: attempt(whose) },
            Self::CallbackTried(whose, accepted) => {
                JobEvent::CallbackTried { end: end(job, whose), accepted }
            }
        }
    }
}

fn lease(job: &Job, whose: Whose) -> Lease {
    let nobodys = Lease::from_u128(u128::MAX);
    match whose {
        Whose::Current => job.state.lease().unwrap_or(nobodys),
        Whose::Former => job.history.last().map_or(nobodys, |record| record.lease),
        Whose::Nobodys => nobodys,
    }
}

fn attempt(job: &Job, whose: Whose) -> u32 {
    match whose {
        Whose::Current => job.attempts,
        Whose::Former => job.attempts.saturating_sub(1),
        Whose::Nobodys => job.attempts + 7,
    }
}

fn end(job: &Job, whose: Whose) -> u32 {
    match whose {
        Whose::Current => job.ends,
        Whose::Former => job.ends.saturating_sub(1),
        Whose::Nobodys => job.ends + 7,
    }
}
