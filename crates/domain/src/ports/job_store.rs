//! Where jobs live.

use async_trait::async_trait;

use crate::{
    JobId, Lease, RawJson, TenantId, Timestamp,
    event::{NewEvent, StoredEvent},
    job::{Job, Status, Step},
};

/// Counts the changes of one job, from 1. Equal versions mean an equal job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// A job as it was when its version was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub version: Version,
    pub value: T,
}

/// A job to be stored for the first time.
#[derive(Debug, Clone)]
pub struct NewJob {
    pub job: Job,
    pub payload: RawJson,
    pub idempotency: Option<Idempotency>,
    /// What the parent, which the job must name then, has to be in the moment of the write.
    pub under: Option<Under>,
    pub log: Vec<NewEvent>,
}

/// What a parent has to be to get a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// Held by this lease: who has lost a job starts nothing for it, and a cancelled parent gets no more children.
    Lease(Lease),
    /// Not final: a user gives no child to a job that is over.
    Open,
}

/// A user's word that repeated submissions under `key` are one. Keys of different tenants never meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    /// A digest of the request's body: another body under the same key is a mistake.
    pub fingerprint: [u8; 32],
}

/// What became of one [`NewJob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inserted {
    /// Stored now, with this version.
    New(Version),
    /// This tenant's key with the same fingerprint made that job before; nothing was stored.
    Existing(JobId),
    /// This tenant's key made that job with another fingerprint; nothing was stored.
    KeyTaken(JobId),
    /// Neither the key nor the job was known, and the parent is not as [`NewJob::under`] wants it; nothing was stored.
    ParentLost,
}

/// One step to be stored if nobody moved the job since `seen`.
#[derive(Debug, Clone)]
pub struct Commit {
    pub seen: Version,
    pub step: Step,
    /// The handler's result, where this step is the one that accepts it.
    pub result: Option<RawJson>,
}

/// Why a step was not stored. One variant per thing a caller does next.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody moved the job since it was read: load it and apply the event again.
    #[error("the job has changed since it was read")]
    Stale,
    /// The job is gone: removed by retention. Nothing is left to do.
    #[error("the job is not stored")]
    Missing,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store did not answer as it should. Whether a write took effect is not known.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It may work later: busy, throttled, disk full, unreachable.
    #[error("the job store is unavailable: {0}")]
    Unavailable(String),
    /// What is stored cannot be read. Retrying does not help; somebody must look.
    #[error("the job store holds data that cannot be read: {0}")]
    Corrupt(String),
}

/// Which jobs to list. Empty fields do not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// `None` only for the operator's own tools: every tenant.
    pub tenant: Option<TenantId>,
    pub status: Option<Status>,
    pub job_type: Option<String>,
    /// A tag's key and value.
    pub tag: Option<(String, String)>,
    pub parent: Option<JobId>,
    /// Created at or after this.
    pub since: Option<Timestamp>,
    /// Continue behind this position of an earlier page.
    pub after: Option<CursorPosition>,
    /// At most this many; 1 or more.
    pub limit: usize,
}

/// Where a page ended: opaque to callers, ordered newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorPosition(pub u128);

/// Jobs, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JobPage {
    pub jobs: Vec<Job>,
    /// Where to continue; `None` when this was the last page.
    pub next: Option<CursorPosition>,
}

/// How many jobs of one kind and status a tenant has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    pub tenant: TenantId,
    pub job_type: String,
    pub status: Status,
    pub jobs: u64,
}

/// What became of appended events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// They are stored, now or by an earlier call.
    Stored,
    /// The lease no longer holds the job: nothing was stored.
    LeaseLost,
}

/// The durable memory of the engine. A write that returned `Ok` survives any crash.
///
/// Every method may be called from several orchestrators at once.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Stores new jobs, each whole or not at all, and answers for each in the given order.
    ///
    /// In the same write as a job: its payload, its idempotency key, its log (numbered from 1), and for each
    /// job that it depends on the mark [`Job::has_dependents`] with a new version, final or not. So a
    /// dependency that ends at the same moment either sees the mark or is already seen as final.
    /// Dependencies may be stored in the same call, before their dependents. Dependencies exist: callers
    /// have checked. Two jobs with one key in one call behave like two calls.
    /// Repeating a call whose reply was lost, with the same ids, answers as the first would have.
    async fn insert(&self, jobs: Vec<NewJob>) -> Result<Vec<Inserted>, StoreError>;

    /// `None`: no such job.
    async fn load(&self, id: JobId) -> Result<Option<Versioned<Job>>, StoreError> {
        Ok(self.load_many(&[id]).await?.pop().flatten())
    }

    /// One answer per id, in the given order. Reads see every write that has returned.
    async fn load_many(&self, ids: &[JobId]) -> Result<Vec<Option<Versioned<Job>>>, StoreError>;

    async fn payload(&self, id: JobId) -> Result<Option<RawJson>, StoreError>;

    /// What the accepted attempt returned.
    async fn result(&self, id: JobId) -> Result<Option<RawJson>, StoreError>;

    /// Stores steps, each if its job still has the version that was seen, and answers for each in the given
    /// order. One step's refusal does not touch the others. The step's log is appended in the same write,
    /// and the job's [`Job::wake_at`], [`Job::rank`] and [`Job::status`] are found by the new values from then on.
    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<Version, CommitError>>;

    /// Jobs whose [`Job::wake_at`] is at or before `now`, the most overdue first, at most `limit`.
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>, StoreError>;

    /// The earliest `wake_at` of all jobs: until then nobody needs to ask for [`JobStore::due`].
    /// May be stale; a job that was stored since may be due earlier.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// With [`JobQuery::parent`] it sees every write that has returned, because no child of a cancelled job may be
    /// overlooked.
    async fn list(&self, query: &JobQuery) -> Result<JobPage, StoreError>;

    /// One row per tenant, type and status that has jobs.
    async fn counts(&self) -> Result<Vec<Count>, StoreError>;

    /// Jobs that depend on `id`, sorted by id, those greater than `after`, at most `limit`.
    async fn dependents(
        &self,
        id: JobId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobId>, StoreError>;

    /// Appends a running attempt's events if `lease` holds the job.
    ///
    /// `first` is the worker's own number of the first of them, counted from 1 within the attempt without
    /// gaps; events whose number was stored before are skipped, so a repeated call stores nothing twice.
    async fn append_events(
        &self,
        id: JobId,
        lease: Lease,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Appended, StoreError>;

    /// Events numbered above `after`, in order, at most `limit`. Empty for an unknown job.
    async fn events(
        &self,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError>;

    /// Keeps the value of a step under its key if `lease` holds the job, so that a later attempt need not do it
    /// again. The first value of a key stays: any later one changes nothing and is [`Appended::Stored`] too.
    /// Does not change the job or its version. Steps belong to the job and not to the attempt: they survive the
    /// end of the attempt and a user's retry.
    ///
    /// Callers have checked the bounds: a key of 1 to 200 bytes (any text), a value of at most 8 MiB.
    async fn record_step(
        &self,
        id: JobId,
        lease: Lease,
        key: &str,
        value: RawJson,
    ) -> Result<Appended, StoreError>;

    /// All recorded steps of a job with their values, byte for byte, in the order in which they were recorded.
    /// Empty for an unknown job.
    async fn steps(&self, id: JobId) -> Result<Vec<(String, RawJson)>, StoreError>;

    /// Whether the store can be read and written now; the error says what is wrong.
    async fn check(&self) -> Result<(), StoreError>;
}
