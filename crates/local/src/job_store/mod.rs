//! The [`JobStore`] in SQLite.
//!
//! JSON is written and read on the caller's side as far as possible: the writer's thread is what everybody shares.

mod append;
mod commit;
mod insert;
mod list;
mod read;
mod recent;
pub(crate) mod row;
mod steps;

use agent_runner_domain::{
    JobId, Lease, RawJson, Timestamp,
    event::{NewEvent, StoredEvent},
    job::Job,
    ports::{
        Appended, Commit, CommitError, Count, Inserted, JobPage, JobQuery, JobStore, NewJob,
        StoreError, Version, Versioned,
    },
};
use async_trait::async_trait;
use rusqlite::Connection;

pub(crate) use self::recent::{Recent, Written};
use self::{append::Appending, commit::NextRow, insert::NewRow, steps::Recording};
use crate::database::{Batch, Database, Fault};

/// As many jobs or events are read on the caller's thread.
const FEW: usize = 16;

/// Jobs in a [`Database`].
#[derive(Clone)]
pub struct SqliteJobStore {
    database: Database,
}

impl SqliteJobStore {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl JobStore for SqliteJobStore {
    async fn insert(&self, jobs: Vec<NewJob>) -> Result<Vec<Inserted>, StoreError> {
        let rows: Vec<_> = jobs.into_iter().map(NewRow::from).collect();
        let work =
            move |batch: &mut Batch<'_>| rows.into_iter().map(|row| row.insert(batch)).collect();
        Ok(self.database.write(work).await?)
    }

    async fn load_many(&self, ids: &[JobId]) -> Result<Vec<Option<Versioned<Job>>>, StoreError> {
        let recent = self.database.recent();
        let known: Option<Vec<_>> = ids.iter().map(|id| recent.job(*id).map(Some)).collect();
        if let Some(known) = known {
            return Ok(known);
        }
        let ids = ids.to_vec();
        let few = ids.len() <= FEW;
        let work = move |db: &Connection| ids.iter().map(|id| read::job(db, *id)).collect();
        Ok(if few { self.database.read_few(work).await? } else { self.database.read(work).await? })
    }

    async fn payload(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        match self.database.recent().payload(id) {
            Some(payload) => Ok(Some(payload)),
            None => Ok(self.database.read_few(move |db| read::payload(db, id)).await?),
        }
    }

    async fn result(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        Ok(self.database.read_few(move |db| read::result(db, id)).await?)
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<Version, CommitError>> {
        let asked = commits.len();
        let safety = commit::safety(&commits);
        let rows: Vec<_> = commits.into_iter().map(NextRow::from).collect();
        let work =
            move |batch: &mut Batch<'_>| rows.into_iter().map(|row| row.commit(batch)).collect();
        let outcome: Result<Vec<_>, Fault> = self.database.write_as(safety, work).await;
        match outcome {
            Ok(answers) => answers.into_iter().map(commit::Answer::into_result).collect(),
            Err(fault) => {
                let error = || CommitError::Store(fault.clone().into());
                std::iter::repeat_with(|| Err(error())).take(asked).collect()
            }
        }
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>, StoreError> {
        Ok(self.database.read(move |db| read::due(db, now, limit)).await?)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.database.read_few(read::next_due).await?)
    }

    async fn list(&self, query: &JobQuery) -> Result<JobPage, StoreError> {
        let query = query.clone();
        Ok(self.database.read(move |db| list::page(db, &query)).await?)
    }

    async fn counts(&self) -> Result<Vec<Count>, StoreError> {
        Ok(self.database.read(read::counts).await?)
    }

    async fn dependents(
        &self,
        id: JobId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobId>, StoreError> {
        let work = move |db: &Connection| read::dependents(db, id, after, limit);
        Ok(self.database.read(work).await?)
    }

    async fn append_events(
        &self,
        id: JobId,
        lease: Lease,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Appended, StoreError> {
        let appending = Appending::new(id, lease, first, &events);
        Ok(self.database.write(move |batch| appending.append(batch)).await?)
    }

    async fn events(
        &self,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let mut events = Vec::new();
        if after > 0 {
            // Whoever follows a job is mostly a few events behind.
            let few = FEW.min(limit);
            events = self.database.read_few(move |db| read::events(db, id, after, few)).await?;
            if events.len() < few || few == limit {
                return Ok(events);
            }
        }
        let (after, rest) = (events.last().map_or(after, |event| event.seq), limit - events.len());
        events.extend(self.database.read(move |db| read::events(db, id, after, rest)).await?);
        Ok(events)
    }

    async fn record_step(
        &self,
        id: JobId,
        lease: Lease,
        key: &str,
        value: RawJson,
    ) -> Result<Appended, StoreError> {
        let recording = Recording::new(id, lease, key, value);
        Ok(self.database.write(move |batch| recording.record(batch)).await?)
    }

    async fn steps(&self, id: JobId) -> Result<Vec<(String, RawJson)>, StoreError> {
        Ok(self.database.read(move |db| steps::of_job(db, id)).await?)
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.database.write(|batch| batch.touch()).await?;
        self.database.read(read::check).await?;
        Ok(())
    }
}
