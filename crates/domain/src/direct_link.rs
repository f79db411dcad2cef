//! The worker's side of the protocol, over the stores themselves.
//!
//! Workers that may reach the stores use it as it is; the orchestrator's gateway uses it on behalf of those that
//! may not. It holds no state: everything is decided by [`Job::apply`] under the ticket's lease.

mod family;
mod spending;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    JobId, RawJson,
    event::{EventBody, NewEvent},
    job::{Job, JobEvent, LaunchRef, Step, Verdict},
    mutant::{self, Mutant},
    ports::{
        Appended, ArtifactInfo, ArtifactKey, ArtifactName, ArtifactStore, Assignment, CallKey,
        Charge, ChildOrder, ChildView, Children, Clock, Commit, CommitError, Instruction, JobStore,
        Ledger, LinkError, Ordered, Reserved, Secret, SecretError, SecretSource, SpendAsk,
        StoreError, Ticket, Versioned, WorkerLink,
    },
};

/// How often a step is tried again when others move the same job at the same time.
const STALE_TRIES_MAX: u32 = 8;

/// The bounds of [`WorkerLink::record_step`].
const STEP_KEY_BYTES_MAX: usize = 200;
const STEP_VALUE_BYTES_MAX: usize = 8 << 20;

/// Who carries out what follows from a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effects {
    /// Whoever asked for the step.
    Returned,
    /// Nobody here: a worker has neither queue nor launcher.
    LeftToTheSweeper,
}

/// What a [`DirectLink`] reaches.
#[derive(Clone)]
pub struct LinkPorts {
    pub store: Arc<dyn JobStore>,
    pub artifacts: Arc<dyn ArtifactStore>,
    pub clock: Arc<dyn Clock>,
    pub ledger: Arc<dyn Ledger>,
    /// What handlers may know of the operator's settings. It decides which: the link asks it for any name.
    pub settings: Arc<dyn SecretSource>,
    pub children: Arc<dyn Children>,
}

/// A [`WorkerLink`] without anything in between.
pub struct DirectLink {
    ports: LinkPorts,
    ticket: Ticket,
}

impl DirectLink {
    #[must_use]
    pub fn new(ports: LinkPorts, ticket: Ticket) -> Self {
        Self { ports, ticket }
    }

    async fn load(&self) -> Result<Versioned<Job>, LinkError> {
        let found = self.ports.store.load(self.ticket.key.job).await.map_err(unavailable)?;
        found.ok_or(LinkError::LeaseLost)
    }

    /// The job, while the ticket's attempt holds it.
    async fn held(&self) -> Result<Job, LinkError> {
        let job = self.load().await?.value;
        if job.state.lease() == Some(self.ticket.lease) {
            Ok(job)
        } else {
            Err(LinkError::LeaseLost)
        }
    }

    /// Whether the ticket's attempt holds the job or held it, as far as the job remembers.
    async fn was_held(&self) -> Result<(), LinkError> {
        let Ticket { key, lease } = self.ticket;
        let job = self.load().await?.value;
        let held = job.state.lease() == Some(lease)
            || job.history.iter().any(|past| past.number == key.attempt && past.lease == lease);
        if held { Ok(()) } else { Err(LinkError::LeaseLost) }
    }

    /// Applies the event and stores the step, again if somebody else moved the job meanwhile.
    /// The job afterwards, and the step if one was stored.
    async fn apply(
        &self,
        event: &JobEvent,
        result: Option<&RawJson>,
        effects: Effects,
    ) -> Result<(Job, Option<Step>), LinkError> {
        for _ in 0..STALE_TRIES_MAX {
            let seen = self.load().await?;
            let now = self.ports.clock.now();
            let step = seen.value.apply(event.clone(), now);
            let Some(mut step) = step.map_err(|_| LinkError::LeaseLost)? else {
                return Ok((seen.value, None));
            };
            let parent = step.tells_parent().filter(|_| effects == Effects::LeftToTheSweeper);
            if effects == Effects::LeftToTheSweeper {
                step = step.left_to_the_sweeper(now);
            }
            let commit = Commit { seen: seen.version, step: step.clone(), result: result.cloned() };
            match self.ports.store.commit(vec![commit]).await.pop() {
                Some(Ok(_)) => {
                    if let Some(parent) = parent {
                        self.tell_parent(parent).await;
                    }
                    return Ok((step.job.clone(), Some(step)));
                }
                Some(Err(CommitError::Stale)) if mutant::active(Mutant::StaleVersionIgnored) => {
                    return Ok((step.job.clone(), Some(step)));
                }
                Some(Err(CommitError::Stale)) => {}
                Some(Err(CommitError::Missing)) => return Err(LinkError::LeaseLost),
                Some(Err(CommitError::Store(error))) => return Err(unavailable(error)),
                None => return Err(LinkError::Unavailable("the store gave no answer".into())),
            }
        }
        Err(LinkError::Unavailable("the job changes too fast".into()))
    }

    /// [`WorkerLink::finish`] that hands over the stored step, for whoever can carry out its effects at once.
    /// `None` when the last word was a repetition.
    ///
    /// # Errors
    /// As [`WorkerLink::finish`].
    pub async fn finish_step(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Option<Step>, LinkError> {
        self.last_word(verdict, result, first, events, Effects::Returned).await
    }

    async fn last_word(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
        effects: Effects,
    ) -> Result<Option<Step>, LinkError> {
        match (&verdict, &result) {
            (Verdict::Succeeded, None) => {
                return Err(LinkError::Refused("a success needs a result".into()));
            }
            (Verdict::Failed(_), Some(_)) => {
                return Err(LinkError::Refused("a failure has no result".into()));
            }
            (Verdict::Waiting { .. }, Some(_)) => {
                return Err(LinkError::Refused("who waits has no result".into()));
            }
            (Verdict::Waiting { on }, None) => self.check_wait(on).await?,
            _ => {}
        }
        match self.append(first, events).await {
            // The last word may be a repetition; only the state machine can tell.
            Ok(()) | Err(LinkError::LeaseLost) => {}
            Err(error) => return Err(error),
        }
        let event = JobEvent::Finished { lease: self.ticket.lease, verdict };
        self.apply(&event, result.as_ref(), effects).await.map(|(_, step)| step)
    }

    async fn inputs(&self, job: &Job) -> Result<BTreeMap<JobId, RawJson>, LinkError> {
        let mut inputs = BTreeMap::new();
        if mutant::active(Mutant::InputsForgotten) {
            return Ok(inputs);
        }
        for id in &job.spec.depends_on {
            if let Some(result) = self.ports.store.result(*id).await.map_err(unavailable)? {
                inputs.insert(*id, result);
            }
        }
        Ok(inputs)
    }
}

#[async_trait]
impl WorkerLink for DirectLink {
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        let event = JobEvent::Started { lease: self.ticket.lease, launch };
        let (job, _) = self.apply(&event, None, Effects::LeftToTheSweeper).await?;
        let terms = job.state.terms().ok_or(LinkError::LeaseLost)?;
        let payload = self.ports.store.payload(job.id).await.map_err(unavailable)?;
        let left =
            job.attempt_deadline().map_or(Duration::ZERO, |at| at.since(self.ports.clock.now()));
        Ok(Assignment {
            job_id: job.id,
            job_type: job.spec.job_type.clone(),
            attempt: self.ticket.key.attempt,
            retries: job.ends,
            payload: payload.ok_or(LinkError::LeaseLost)?,
            inputs: self.inputs(&job).await?,
            timeout_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
            heartbeat_ms: terms.heartbeat_ms,
            grace_ms: terms.grace_ms,
        })
    }

    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        let event = JobEvent::Heartbeat { lease: self.ticket.lease };
        match self.apply(&event, None, Effects::LeftToTheSweeper).await {
            Ok(_) => Ok(Instruction::Continue),
            Err(LinkError::LeaseLost) => Ok(Instruction::Stop),
            Err(error) => Err(error),
        }
    }

    async fn append(&self, first: u64, events: Vec<NewEvent>) -> Result<(), LinkError> {
        if events.is_empty() {
            return Ok(());
        }
        let attempt = self.ticket.key.attempt;
        if events.iter().any(|event| matches!(event.body, EventBody::State { .. })) {
            return Err(LinkError::Refused("only the engine writes state events".into()));
        }
        let events = events.into_iter().map(|event| NewEvent { attempt, ..event }).collect();
        let Ticket { key, lease } = self.ticket;
        let first = if mutant::active(Mutant::EventNumbersRestart) { 1 } else { first };
        match self.ports.store.append_events(key.job, lease, first, events).await {
            Ok(Appended::Stored) => Ok(()),
            Ok(Appended::LeaseLost) => Err(LinkError::LeaseLost),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn put_artifact(
        &self,
        name: &ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, LinkError> {
        self.held().await?;
        let crate::ports::LaunchKey { job, attempt } = self.ticket.key;
        let key = ArtifactKey { job, attempt, name: name.clone() };
        self.ports
            .artifacts
            .put(&key, content)
            .await
            .map_err(|error| LinkError::Unavailable(error.to_string()))
    }

    async fn reserve(&self, call: u32, ask: SpendAsk) -> Result<Reserved, LinkError> {
        self.reserve_call(call, ask).await
    }

    async fn settle(&self, call: CallKey, charge: Charge) -> Result<(), LinkError> {
        self.settle_call(call, charge).await
    }

    async fn record_step(&self, key: &str, value: RawJson) -> Result<(), LinkError> {
        if !(1..=STEP_KEY_BYTES_MAX).contains(&key.len()) {
            let text = format!("a step's key has 1 to {STEP_KEY_BYTES_MAX} bytes");
            return Err(LinkError::Refused(text));
        }
        let bytes = value.get().len();
        if bytes > STEP_VALUE_BYTES_MAX {
            return Err(LinkError::Refused(format!(
                "the step {key:?} has {bytes} bytes; at most {STEP_VALUE_BYTES_MAX} are kept"
            )));
        }
        let Ticket { key: own, lease } = self.ticket;
        match self.ports.store.record_step(own.job, lease, key, value).await {
            Ok(Appended::Stored) => Ok(()),
            Ok(Appended::LeaseLost) => Err(LinkError::LeaseLost),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn steps(&self) -> Result<Vec<(String, RawJson)>, LinkError> {
        let job = self.held().await?;
        if mutant::active(Mutant::StepsForgotten) {
            return Ok(Vec::new());
        }
        self.ports.store.steps(job.id).await.map_err(unavailable)
    }

    async fn setting(&self, name: &str) -> Result<Option<Secret>, LinkError> {
        self.held().await?;
        self.ports.settings.get(name).await.map_err(|error| match error {
            SecretError::Unavailable(_) => LinkError::Unavailable(error.to_string()),
            SecretError::Refused(text) => LinkError::Refused(text),
        })
    }

    async fn get_artifact(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, LinkError> {
        self.artifact_of(job, name).await
    }

    async fn submit(&self, orders: Vec<ChildOrder>) -> Result<Vec<Ordered>, LinkError> {
        self.submit_children(orders).await
    }

    async fn look(&self, jobs: Vec<JobId>) -> Result<Vec<Option<ChildView>>, LinkError> {
        self.look_at(jobs).await
    }

    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError> {
        let effects = Effects::LeftToTheSweeper;
        self.last_word(verdict, result, first, events, effects).await.map(drop)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn unavailable(error: StoreError) -> LinkError {
    LinkError::Unavailable(error.to_string())
}
