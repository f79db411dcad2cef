//! Moving jobs: apply an event, store the step, see to what follows.
//!
//! Queue messages are sent at once, or a little later if the queue does not take them; every other effect goes to a
//! [`Lane`], where the effect loops find it. These are only quick ways: an effect that is lost with a crash comes back
//! by its job's `wake_at`.

use std::sync::{Arc, Mutex, PoisonError};

use agent_runner_domain::{
    JobId, RawJson,
    job::{Effect, Job, JobEvent, Step},
    ports::{Commit, CommitError, QueueMessage, Version},
};

use crate::{Engine, EngineError, lane::Lane};

/// How often a step is tried again when others move the same job at the same time.
const STALE_TRIES_MAX: u32 = 10;

/// One effect of one job.
pub(crate) type Errand = (JobId, Effect);

/// The engine's short memory: what was announced in this process and is not yet carried out.
#[derive(Clone, Default)]
pub(crate) struct Lanes {
    /// Ready jobs whose message is about to be sent.
    messages: Arc<Mutex<Vec<QueueMessage>>>,
    /// Those that the queue did not take.
    pub(crate) unsent: Arc<Lane<QueueMessage>>,
    /// Launches whose names are not stored.
    launched: Arc<Mutex<Vec<(JobId, JobEvent)>>>,
    pub(crate) effects: Arc<Lane<Errand>>,
    /// Apart from the others, because receivers may be slow.
    pub(crate) callbacks: Arc<Lane<Errand>>,
}

impl Lanes {
    pub(crate) fn launched(&self, id: JobId, event: JobEvent) {
        self.named().push((id, event));
    }

    pub(crate) fn has_launched(&self) -> bool {
        !self.named().is_empty()
    }

    pub(crate) fn take_launched(&self) -> Vec<(JobId, JobEvent)> {
        std::mem::take(&mut *self.named())
    }

    fn named(&self) -> std::sync::MutexGuard<'_, Vec<(JobId, JobEvent)>> {
        self.launched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Applies the event to the job as it is stored, again if somebody else moved it meanwhile.
    ///
    /// # Errors
    /// [`EngineError::Refused`] by the state machine, [`EngineError::JobNotFound`], or the store's.
    pub(crate) async fn step(&self, id: JobId, event: &JobEvent) -> Result<Job, EngineError> {
        for _ in 0..STALE_TRIES_MAX {
            let seen = self.ports.store.load(id).await?.ok_or(EngineError::JobNotFound(id))?;
            let Some(step) = seen.value.apply(event.clone(), self.ports.clock.now())? else {
                return Ok(seen.value);
            };
            match self.commit(vec![(seen.version, step, None)]).await.pop() {
                Some(Ok(job)) => return Ok(job),
                Some(Err(CommitError::Stale)) => {}
                Some(Err(CommitError::Missing)) | None => return Err(EngineError::JobNotFound(id)),
                Some(Err(CommitError::Store(error))) => return Err(error.into()),
            }
        }
        Err(EngineError::Unavailable(format!("{id} changes too fast; try again")))
    }

    /// Stores steps and announces the effects of those that were stored.
    pub(crate) async fn commit(
        &self,
        steps: Vec<(Version, Step, Option<RawJson>)>,
    ) -> Vec<Result<Job, CommitError>> {
        if steps.is_empty() {
            return Vec::new();
        }
        let mut jobs = Vec::with_capacity(steps.len());
        let mut commits = Vec::with_capacity(steps.len());
        for (seen, step, result) in steps {
            jobs.push((step.job.clone(), step.effects.clone()));
            commits.push(Commit { seen, step, result });
        }
        let stored = self.ports.store.commit(commits).await;
        let answers = jobs.into_iter().zip(stored).map(|((job, effects), stored)| {
            stored.map(|_| {
                self.announce(&job, effects);
                job
            })
        });
        let answers = answers.collect();
        self.send_announced().await;
        answers
    }

    /// Tells everybody in this process who may want to know of a change that is stored.
    pub(crate) fn announce(&self, job: &Job, effects: Vec<Effect>) {
        for effect in effects {
            match (effect, job.rank()) {
                (Effect::Enqueue, Some(rank)) => {
                    let message = QueueMessage { job: job.id, rank, tenant: job.tenant.clone() };
                    self.messages().push(message);
                }
                (Effect::Enqueue, None) => {}
                (effect @ Effect::CallBack { .. }, _) => {
                    self.lanes.callbacks.extend([(job.id, effect)]);
                }
                (effect, _) => self.lanes.effects.extend([(job.id, effect)]),
            }
        }
        self.wakeups.changed(job.id);
        if job
            .wake_at()
            .is_some_and(|at| at <= self.ports.clock.now().plus(crate::loops::SWEEP_PAUSE))
        {
            self.wakeups.due_sooner();
        }
    }

    /// Sends the queue messages of all that was announced.
    pub(crate) async fn send_announced(&self) {
        let messages = std::mem::take(&mut *self.messages());
        if messages.is_empty() {
            return;
        }
        if let Err(error) = self.ports.queue.send(messages.clone()).await {
            tracing::warn!(%error, "Queue messages were not sent; they are sent again in a few seconds");
            self.lanes.unsent.extend(messages);
        }
    }

    fn messages(&self) -> std::sync::MutexGuard<'_, Vec<QueueMessage>> {
        self.lanes.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
