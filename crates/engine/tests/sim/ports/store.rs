//! The store that all processes share.

use agent_runner_domain::{
    JobId, Lease, RawJson, Timestamp,
    event::{NewEvent, StoredEvent},
    job::Job,
    ports::{
        Appended, Commit, CommitError, Count, Inserted, JobPage, JobQuery, JobStore, NewJob,
        StoreError, Version, Versioned,
    },
};
use agent_runner_testkit::MemoryStore;
use async_trait::async_trait;

use super::Gate;
use crate::schedule::Topic;

pub(crate) struct GatedStore {
    gate: Gate,
    inner: MemoryStore,
}

impl GatedStore {
    pub(crate) fn new(gate: Gate) -> Self {
        let inner = gate.sim.world().store.clone();
        Self { gate, inner }
    }

    async fn call<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.gate.call(what, work).await.map_err(StoreError::Unavailable)?
    }

    /// Lets the checks see what was written, and the loops know that there is something to see.
    fn written(&self, ids: impl IntoIterator<Item = JobId>) {
        let mut world = self.gate.sim.world();
        for id in ids {
            let wake_at = self.inner.inspect(|records| records.get(&id)?.job.wake_at());
            if let Some(at) = wake_at {
                world.ring_when_due(at);
            }
            world.book.touch(id);
        }
        world.ring(Topic::Jobs);
    }
}

#[async_trait]
impl JobStore for GatedStore {
    async fn insert(&self, jobs: Vec<NewJob>) -> Result<Vec<Inserted>, StoreError> {
        let write = async {
            let ids: Vec<_> = jobs
                .iter()
                .flat_map(|new| new.job.spec.depends_on.iter().copied().chain([new.job.id]))
                .collect();
            let inserted = self.inner.insert(jobs).await;
            self.written(ids);
            inserted
        };
        self.call("store.insert", write).await
    }

    async fn load_many(&self, ids: &[JobId]) -> Result<Vec<Option<Versioned<Job>>>, StoreError> {
        self.call("store.load", self.inner.load_many(ids)).await
    }

    async fn payload(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        self.call("store.payload", self.inner.payload(id)).await
    }

    async fn result(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        self.call("store.result", self.inner.result(id)).await
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<Version, CommitError>> {
        let count = commits.len();
        let write = async {
            let ids: Vec<_> = commits.iter().map(|commit| commit.step.job.id).collect();
            let answers = self.inner.commit(commits).await;
            self.written(ids);
            answers
        };
        let unavailable = |error: &String| StoreError::Unavailable(error.clone()).into();
        match self.gate.call("store.commit", write).await {
            Ok(answers) => answers,
            Err(error) => (0..count).map(|_| Err(unavailable(&error))).collect(),
        }
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>, StoreError> {
        self.call("store.due", self.inner.due(now, limit)).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.call("store.next_due", self.inner.next_due()).await
    }

    async fn list(&self, query: &JobQuery) -> Result<JobPage, StoreError> {
        self.call("store.list", self.inner.list(query)).await
    }

    async fn counts(&self) -> Result<Vec<Count>, StoreError> {
        self.call("store.counts", self.inner.counts()).await
    }

    async fn dependents(
        &self,
        id: JobId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobId>, StoreError> {
        self.call("store.dependents", self.inner.dependents(id, after, limit)).await
    }

    async fn append_events(
        &self,
        id: JobId,
        lease: Lease,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Appended, StoreError> {
        let write = async {
            let appended = self.inner.append_events(id, lease, first, events).await;
            self.written([id]);
            appended
        };
        self.call("store.append_events", write).await
    }

    async fn events(
        &self,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.call("store.events", self.inner.events(id, after, limit)).await
    }

    async fn record_step(
        &self,
        id: JobId,
        lease: Lease,
        key: &str,
        value: RawJson,
    ) -> Result<Appended, StoreError> {
        let record = async {
            let appended = self.inner.record_step(id, lease, key, value.clone()).await?;
            if appended == Appended::Stored {
                self.gate.sim.world().step_recorded(id, key, &value);
            }
            Ok(appended)
        };
        self.call("store.record_step", record).await
    }

    async fn steps(&self, id: JobId) -> Result<Vec<(String, RawJson)>, StoreError> {
        self.call("store.steps", self.inner.steps(id)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.call("store.check", self.inner.check()).await
    }
}
