//! The state machine: the only way a job changes.

use super::{
    AttemptEnd, CauseKind, DependencyView, Effect, Exit, Failure, Job, JobEvent, JobSpec, JobState,
    LaunchFailure, LaunchFailureKind, LaunchRef, LaunchView, Outcome, Priority, Refused, Status,
    Step, Terms, Verdict, backoff::Backoff, wake,
};
use crate::{
    Lease, Timestamp,
    event::{EventBody, NewEvent},
    mutant::{self, Mutant},
};

/// The step under construction: a copy of the job, and what follows.
pub(super) struct Change {
    pub(super) job: Job,
    pub(super) effects: Vec<Effect>,
    log: Vec<NewEvent>,
    pub(super) now: Timestamp,
}

impl Job {
    /// What becomes of the job when `event` happens at `now`. Pure: the same arguments give the same step.
    /// `Ok(None)` means that nothing changes, because it has happened before or no longer matters.
    ///
    /// # Errors
    /// [`Refused`] when the event is not for a job in this state, or comes from an attempt that lost its lease.
    pub fn apply(&self, event: JobEvent, now: Timestamp) -> Result<Option<Step>, Refused> {
        let mut change = Change::of(self, now);
        let changed = match event {
            JobEvent::Claimed { lease, terms } => change.claim(lease, terms),
            JobEvent::Launched { lease, launch } => change.launched(lease, launch),
            JobEvent::LaunchFailed { lease, failure } => change.launch_failed(lease, failure),
            JobEvent::LaunchEnded { attempt, exit } => Ok(change.launch_ended(attempt, exit)),
            JobEvent::Started { lease, launch } => change.started(lease, launch),
            JobEvent::Heartbeat { lease } => change.heartbeat(lease),
            JobEvent::Finished { lease, verdict } => change.finished(lease, verdict),
            JobEvent::Cancel => change.cancel(),
            JobEvent::CancelledWith { ancestor } => Ok(change.cancelled_with(ancestor)),
            JobEvent::Retry => change.retry(),
            JobEvent::SetPriority(priority) => change.set_priority(priority),
            JobEvent::Woken => Ok(change.woken()),
            JobEvent::Observed { attempt, view } => Ok(change.observed(attempt, view)),
            JobEvent::DependenciesSeen(view) => Ok(change.dependencies_seen(&view)),
            JobEvent::ChildrenEnded { on } => Ok(change.children_ended(&on)),
            JobEvent::DependentsReleased { end } => Ok(change.dependents_released(end)),
            JobEvent::DescendantsCancelled { end } => Ok(change.descendants_cancelled(end)),
            JobEvent::StopConfirmed { attempt } => Ok(change.stop_confirmed(attempt)),
            JobEvent::CallbackTried { end, accepted } => Ok(change.callback_tried(end, accepted)),
        }?;
        Ok(changed.then(|| change.into_step()))
    }

    /// `BLOCKED` if the job depends on others, else `QUEUED`.
    pub(super) fn waiting_state(spec: &JobSpec, not_before: Timestamp, now: Timestamp) -> JobState {
        if spec.depends_on.is_empty() {
            queued(not_before, now)
        } else {
            let check_at = now.plus(wake::CHECK_FIRST);
            JobState::Blocked { not_before, check_at, checks: 0, waits_for: Vec::new() }
        }
    }
}

pub(super) fn queued(not_before: Timestamp, now: Timestamp) -> JobState {
    let ready_at = (not_before <= now).then_some(now);
    let resend_at = if ready_at.is_some() { now.plus(wake::RESEND_FIRST) } else { not_before };
    JobState::Queued { not_before, ready_at, resend_at, sends: u32::from(ready_at.is_some()) }
}

impl Change {
    fn of(job: &Job, now: Timestamp) -> Self {
        Self { job: job.clone(), effects: Vec::new(), log: Vec::new(), now }
    }

    fn into_step(self) -> Step {
        Step { job: self.job, effects: self.effects, log: self.log }
    }

    pub(super) fn enter(&mut self, state: JobState) {
        self.job.state = state;
        let cause = match self.job.status() {
            Status::Launching | Status::Running | Status::Succeeded => None,
            _ => self.job.cause.clone(),
        };
        let body = EventBody::State { status: self.job.status(), cause };
        self.log.push(NewEvent { at: self.now, attempt: self.job.attempts, body });
    }

    pub(super) fn enter_queue(&mut self, not_before: Timestamp) {
        self.enter(queued(not_before, self.now));
        if self.job.rank().is_some() {
            self.effects.push(Effect::Enqueue);
        }
    }

    fn holds(&self, lease: Lease) -> Result<(), Refused> {
        let held = self.job.state.lease() == Some(lease) || mutant::active(Mutant::LeaseNotChecked);
        if held { Ok(()) } else { Err(Refused::LeaseLost) }
    }

    fn claim(&mut self, lease: Lease, terms: Terms) -> Result<bool, Refused> {
        if self.job.rank().is_none() {
            return Err(Refused::NotReady);
        }
        self.job.attempts += 1;
        self.job.started_at = None;
        let attempt = self.job.attempts;
        self.enter(JobState::Launching { attempt, lease, since: self.now, terms, launch: None });
        Ok(true)
    }

    fn launched(&mut self, lease: Lease, name: LaunchRef) -> Result<bool, Refused> {
        self.holds(lease)?;
        match &mut self.job.state {
            JobState::Launching { launch, .. } | JobState::Running { launch, .. }
                if launch.is_none() =>
            {
                *launch = Some(name);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn launch_failed(&mut self, lease: Lease, failure: LaunchFailure) -> Result<bool, Refused> {
        self.holds(lease)?;
        if !matches!(self.job.state, JobState::Launching { .. }) {
            return Ok(false);
        }
        let LaunchFailure { kind, message, evidence } = failure;
        match kind {
            LaunchFailureKind::Capacity => self.not_launched(message),
            LaunchFailureKind::Transient => self.attempt_failed(
                Failure::passing(CauseKind::LaunchFailed, message).with_evidence(evidence),
            ),
            LaunchFailureKind::Permanent => self.attempt_failed(
                Failure::lasting(CauseKind::LaunchFailed, message).with_evidence(evidence),
            ),
        }
        Ok(true)
    }

    /// Back in line, at nobody's expense; the pause keeps a full platform from being asked all the time.
    fn not_launched(&mut self, message: String) {
        self.end_attempt(AttemptEnd::NotLaunched(message));
        let pause = Backoff::INFRASTRUCTURE.delay(self.refusals_in_a_row(), self.seed());
        self.enter_queue(self.now.plus(pause));
    }

    fn refusals_in_a_row(&self) -> u32 {
        let refused =
            |record: &&super::AttemptRecord| matches!(record.end, AttemptEnd::NotLaunched(_));
        let count = self.job.history.iter().rev().take_while(refused).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// What the launcher says is final for the process, so a job that still counts on it has lost its worker.
    fn launch_ended(&mut self, attempt: u32, exit: Exit) -> bool {
        let stopped = self.stop_confirmed(attempt);
        let failure = match self.job.state {
            JobState::Launching { attempt: current, .. } if current == attempt => {
                let message = with_reason("the worker ended before it said that it runs", &exit);
                if exit.lasting {
                    Failure::lasting(CauseKind::LaunchFailed, message)
                } else {
                    Failure::passing(CauseKind::LaunchFailed, message)
                }
            }
            JobState::Running { attempt: current, .. } if current == attempt => {
                if exit.out_of_memory {
                    let message = with_reason("the worker ran out of memory", &exit);
                    Failure::passing(CauseKind::OutOfMemory, message)
                } else if exit.interrupted {
                    let message = with_reason("the worker's machine was taken away", &exit);
                    Failure::passing(CauseKind::Interrupted, message)
                } else {
                    let message = with_reason("the worker ended without a result", &exit);
                    Failure::passing(CauseKind::WorkerLost, message)
                }
            }
            _ => return stopped,
        };
        self.attempt_failed(failure.with_evidence(exit.evidence));
        true
    }

    fn started(&mut self, lease: Lease, name: Option<LaunchRef>) -> Result<bool, Refused> {
        self.holds(lease)?;
        let JobState::Launching { attempt, lease, since, terms, launch } = self.job.state.clone()
        else {
            return Ok(false);
        };
        self.job.started_at = Some(self.now);
        self.enter(JobState::Running {
            attempt,
            lease,
            since,
            terms,
            launch: launch.or(name),
            started_at: self.now,
            heartbeat_at: self.now,
            look_at: self.now.plus(terms.heartbeat() * Terms::SUSPECT_AFTER_BEATS),
            suspected: false,
        });
        Ok(true)
    }

    fn heartbeat(&mut self, lease: Lease) -> Result<bool, Refused> {
        self.holds(lease)?;
        let JobState::Running { terms, heartbeat_at, look_at, suspected, .. } = &mut self.job.state
        else {
            return Ok(false);
        };
        *heartbeat_at = self.now.max(*heartbeat_at);
        *look_at = heartbeat_at.plus(terms.heartbeat() * Terms::SUSPECT_AFTER_BEATS);
        *suspected = false;
        Ok(true)
    }

    fn finished(&mut self, lease: Lease, verdict: Verdict) -> Result<bool, Refused> {
        if self.job.history.iter().any(|past| past.lease == lease && past.started_at.is_some())
            && self.job.state.lease() != Some(lease)
        {
            if mutant::active(Mutant::ResultAcceptedTwice) {
                self.succeed();
                return Ok(true);
            }
            return self.repeated_last_word(lease, &verdict);
        }
        self.holds(lease)?;
        if !matches!(self.job.state, JobState::Running { .. }) {
            return Err(Refused::LeaseLost);
        }
        match verdict {
            Verdict::Succeeded => self.succeed(),
            Verdict::Failed(failure) => self.attempt_failed(failure),
            Verdict::Waiting { on } => self.wait_for(on),
        }
        Ok(true)
    }

    /// The write went through and the reply was lost: the same word again is welcome, another one is late.
    fn repeated_last_word(&self, lease: Lease, verdict: &Verdict) -> Result<bool, Refused> {
        let record = self.job.history.iter().find(|past| past.lease == lease);
        let same = record.is_some_and(|record| match (&record.end, verdict) {
            (AttemptEnd::Succeeded, Verdict::Succeeded)
            | (AttemptEnd::Waited, Verdict::Waiting { .. }) => true,
            (AttemptEnd::Failed(cause), Verdict::Failed(failure)) => {
                cause.kind == failure.kind && cause.message == failure.message
            }
            _ => false,
        });
        if same { Ok(false) } else { Err(Refused::LeaseLost) }
    }

    fn cancel(&mut self) -> Result<bool, Refused> {
        match self.job.status() {
            Status::Cancelled => Ok(false),
            status if status.is_final() && !mutant::active(Mutant::SuccessCanBeCancelled) => {
                Err(Refused::Final(status))
            }
            _ => {
                self.give_up(
                    Outcome::Cancelled,
                    Failure::lasting(CauseKind::Cancelled, "a user cancelled the job"),
                );
                Ok(true)
            }
        }
    }

    fn retry(&mut self) -> Result<bool, Refused> {
        match self.job.status() {
            Status::Succeeded => return Err(Refused::Succeeded),
            status if !status.is_final() => return Err(Refused::NotFinal(status)),
            _ => {}
        }
        if !mutant::active(Mutant::RetryKeepsCounts) {
            self.job.user_failures = 0;
            self.job.infrastructure_failures = 0;
            self.job.waits = 0;
        }
        self.job.cause = None;
        self.job.chores.callback = None;
        self.enter(Job::waiting_state(&self.job.spec, self.now, self.now));
        self.after_waiting_began();
        Ok(true)
    }

    fn after_waiting_began(&mut self) {
        match self.job.state {
            JobState::Blocked { .. } => self.effects.push(Effect::CheckDependencies),
            _ => self.effects.push(Effect::Enqueue),
        }
    }

    fn set_priority(&mut self, priority: Priority) -> Result<bool, Refused> {
        let status = self.job.status();
        match status {
            Status::Blocked | Status::Queued => {}
            status if status.is_final() => return Err(Refused::Final(status)),
            status => return Err(Refused::NotInLine(status)),
        }
        if self.job.priority == priority {
            return Ok(false);
        }
        self.job.priority = priority;
        if self.job.rank().is_some() {
            self.effects.push(Effect::Enqueue);
        }
        Ok(true)
    }

    fn observed(&mut self, attempt: u32, view: LaunchView) -> bool {
        let JobState::Running { attempt: current, suspected, .. } = &self.job.state else {
            return match view {
                LaunchView::Gone(_) => self.stop_confirmed(attempt),
                _ => false,
            };
        };
        match view {
            LaunchView::Gone(exit) if *current == attempt && *suspected => {
                self.launch_ended(attempt, exit)
            }
            _ => false,
        }
    }

    fn dependencies_seen(&mut self, view: &DependencyView) -> bool {
        let JobState::Blocked { not_before, ref waits_for, .. } = self.job.state else {
            return false;
        };
        if !waits_for.is_empty() {
            return false;
        }
        match view {
            DependencyView::Waiting => return false,
            DependencyView::AllSucceeded => self.enter_queue(not_before),
            DependencyView::Failed { .. } if mutant::active(Mutant::FailedDependencyReleases) => {
                self.enter_queue(not_before);
            }
            DependencyView::Failed { on, status } => self.give_up(
                Outcome::Failed,
                Failure::lasting(
                    CauseKind::DependencyFailed,
                    format!("{on}, which this job depends on, ended as {status}"),
                ),
            ),
        }
        true
    }

    /// News of an earlier end leaves what is to be told of this one.
    fn dependents_released(&mut self, end: u32) -> bool {
        end == self.job.ends && self.job.chores.release.take().is_some()
    }

    fn stop_confirmed(&mut self, attempt: u32) -> bool {
        let before = self.job.chores.stops.len();
        self.job.chores.stops.retain(|stop| stop.attempt != attempt);
        self.job.chores.stops.len() < before
    }
}

fn with_reason(message: &str, exit: &Exit) -> String {
    exit.reason.as_ref().map_or_else(|| message.to_owned(), |reason| format!("{message}: {reason}"))
}
