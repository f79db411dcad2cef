//! The [`JobStore`] in DynamoDB.
//!
//! A job is one item, so a step is one conditional write of one item, log and result included; see `keys` for
//! all kinds of items. Indexes only find candidates: they lag behind, so what they find is read again from the
//! table, and what must not be overlooked (children, dependents, keys) is found by items of its own, written in
//! one transaction with the job.
//!
//! **Counts** are kept beside the jobs and not in the same write, which would cost more than the count is worth:
//! they are right while nothing goes wrong, and a crash or a lost reply between the two writes leaves them off by
//! the jobs it concerned. No decision rests on them.

mod commit;
mod counts;
mod document;
mod due;
mod faults;
mod insert;
mod item;
mod keys;
mod list;
mod log;
mod read;
mod steps;
#[cfg(test)]
mod tests;

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

use self::{document::Documents, insert::KnownTenants, log::Appending};
use crate::{large_objects::LargeObjects, table::Table};

/// How often a write is tried again because others write to the same item.
const STALE_TRIES_MAX: u32 = 64;

/// Jobs in a table, with what is large in a bucket.
#[derive(Clone)]
pub struct DynamoJobStore {
    table: Table,
    large: LargeObjects,
    tenants: KnownTenants,
}

impl DynamoJobStore {
    #[must_use]
    pub fn new(dynamodb: aws_sdk_dynamodb::Client, table: String, large: LargeObjects) -> Self {
        let table = Table { client: dynamodb, name: table };
        Self { table, large, tenants: KnownTenants::default() }
    }

    fn documents(&self, job: JobId) -> Documents<'_> {
        Documents { large: &self.large, job }
    }
}

#[async_trait]
impl JobStore for DynamoJobStore {
    async fn insert(&self, jobs: Vec<NewJob>) -> Result<Vec<Inserted>, StoreError> {
        insert::insert(self, jobs).await
    }

    async fn load_many(&self, ids: &[JobId]) -> Result<Vec<Option<Versioned<Job>>>, StoreError> {
        read::load_many(self, ids).await
    }

    async fn payload(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        read::document(self, id, item::PAYLOAD).await
    }

    async fn result(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        read::document(self, id, item::RESULT).await
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<Version, CommitError>> {
        commit::commit(self, commits).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>, StoreError> {
        due::due(self, now, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        due::next_due(self).await
    }

    async fn list(&self, query: &JobQuery) -> Result<JobPage, StoreError> {
        list::page(self, query).await
    }

    async fn counts(&self) -> Result<Vec<Count>, StoreError> {
        counts::read(self).await
    }

    async fn dependents(
        &self,
        id: JobId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobId>, StoreError> {
        read::dependents(self, id, after, limit).await
    }

    async fn append_events(
        &self,
        id: JobId,
        lease: Lease,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Appended, StoreError> {
        log::append(self, &Appending { id, lease, first, events }).await
    }

    async fn events(
        &self,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        log::events(self, id, after, limit).await
    }

    async fn record_step(
        &self,
        id: JobId,
        lease: Lease,
        key: &str,
        value: RawJson,
    ) -> Result<Appended, StoreError> {
        steps::record(self, id, lease, key, value).await
    }

    async fn steps(&self, id: JobId) -> Result<Vec<(String, RawJson)>, StoreError> {
        steps::of_job(self, id).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        read::check(self).await
    }
}
