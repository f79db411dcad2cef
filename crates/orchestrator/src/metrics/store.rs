//! A job store that counts what passes through it.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, Lease, RawJson, Timestamp,
    event::{EventBody, NewEvent, StoredEvent},
    job::{Job, JobState, Status, Step},
    ports::{
        Appended, Commit, CommitError, Count, Inserted, JobPage, JobQuery, JobStore, NewJob,
        StoreError, Version, Versioned,
    },
};
use async_trait::async_trait;

use super::{Ended, Failed, Metrics, OfType};

/// Counts jobs as they are stored, so that nothing counts that a crash could take back. The numbers are of this
/// process; other orchestrators count their own.
pub(crate) struct MeteredStore {
    inner: Arc<dyn JobStore>,
    metrics: Metrics,
}

impl MeteredStore {
    #[must_use]
    pub(crate) fn new(inner: Arc<dyn JobStore>, metrics: Metrics) -> Self {
        Self { inner, metrics }
    }
}

/// What a step means for the numbers.
enum Mark {
    Started(OfType, f64),
    Retried(Failed),
    Ended(Ended, OfType, Option<f64>),
}

impl Mark {
    fn of(step: &Step) -> Option<Self> {
        let moved = step.log.iter().any(|event| matches!(event.body, EventBody::State { .. }));
        if !moved {
            return None;
        }
        let Job { state, cause, .. } = &step.job;
        let job_type = step.job.spec.job_type.clone();
        let cause = cause.as_ref().map_or("", |cause| cause.kind.as_str());
        match state {
            JobState::Running { since, started_at, .. } => {
                Some(Self::Started(OfType { job_type }, started_at.since(*since).as_secs_f64()))
            }
            JobState::Queued { .. } if !cause.is_empty() => {
                Some(Self::Retried(Failed { job_type, cause }))
            }
            JobState::Finished { at, .. } => {
                let ran = step.job.started_at.map(|started| at.since(started).as_secs_f64());
                let status = step.job.status();
                let cause = if status == Status::Succeeded { "" } else { cause };
                let ended = Ended { job_type: job_type.clone(), status: status.as_str(), cause };
                Some(Self::Ended(ended, OfType { job_type }, ran))
            }
            _ => None,
        }
    }

    fn count(self, metrics: &Metrics) {
        match self {
            Self::Started(labels, latency) => {
                metrics.started.get_or_create(&labels).inc();
                metrics.launch_seconds.get_or_create(&labels).observe(latency);
            }
            Self::Retried(labels) => drop(metrics.retried.get_or_create(&labels).inc()),
            Self::Ended(labels, of_type, ran) => {
                metrics.ended.get_or_create(&labels).inc();
                if let Some(ran) = ran {
                    metrics.run_seconds.get_or_create(&of_type).observe(ran);
                }
            }
        }
    }
}

#[async_trait]
impl JobStore for MeteredStore {
    async fn insert(&self, jobs: Vec<NewJob>) -> Result<Vec<Inserted>, StoreError> {
        let types: Vec<_> = jobs.iter().map(|new| new.job.spec.clone()).collect();
        let answers = self.inner.insert(jobs).await?;
        for (spec, answer) in types.iter().zip(&answers) {
            if matches!(answer, Inserted::New(_)) {
                let labels = OfType { job_type: spec.job_type.clone() };
                self.metrics.submitted.get_or_create(&labels).inc();
            }
        }
        Ok(answers)
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<Version, CommitError>> {
        let marks: Vec<_> = commits.iter().map(|commit| Mark::of(&commit.step)).collect();
        let answers = self.inner.commit(commits).await;
        for (mark, answer) in marks.into_iter().zip(&answers) {
            if let (Some(mark), Ok(_)) = (mark, answer) {
                mark.count(&self.metrics);
            }
        }
        answers
    }

    async fn load(&self, id: JobId) -> Result<Option<Versioned<Job>>, StoreError> {
        self.inner.load(id).await
    }

    async fn load_many(&self, ids: &[JobId]) -> Result<Vec<Option<Versioned<Job>>>, StoreError> {
        self.inner.load_many(ids).await
    }

    async fn payload(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        self.inner.payload(id).await
    }

    async fn result(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        self.inner.result(id).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>, StoreError> {
        self.inner.due(now, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due().await
    }

    async fn list(&self, query: &JobQuery) -> Result<JobPage, StoreError> {
        self.inner.list(query).await
    }

    async fn counts(&self) -> Result<Vec<Count>, StoreError> {
        self.inner.counts().await
    }

    async fn dependents(
        &self,
        id: JobId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobId>, StoreError> {
        self.inner.dependents(id, after, limit).await
    }

    async fn append_events(
        &self,
        id: JobId,
        lease: Lease,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Appended, StoreError> {
        self.inner.append_events(id, lease, first, events).await
    }

    async fn events(
        &self,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(id, after, limit).await
    }

    async fn record_step(
        &self,
        id: JobId,
        lease: Lease,
        key: &str,
        value: RawJson,
    ) -> Result<Appended, StoreError> {
        self.inner.record_step(id, lease, key, value).await
    }

    async fn steps(&self, id: JobId) -> Result<Vec<(String, RawJson)>, StoreError> {
        self.inner.steps(id).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.inner.check().await
    }
}
