//! What several rules do to a store before they look.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, Lease,
    event::StoredEvent,
    job::{Job, JobEvent},
    ports::{Inserted, JobStore, NewJob, Version, Versioned},
};

use crate::{
    Samples,
    sample::{started, succeeded},
};

pub(super) type Store = Arc<dyn JobStore>;

/// More than any test stores.
pub(super) const ALL: usize = 100_000;

/// Stores one job that must be new.
pub(super) async fn insert(store: &Store, new: NewJob) -> Versioned<Job> {
    let id = new.job.id;
    let answers = store.insert(vec![new]).await.unwrap();
    assert_eq!(answers, [Inserted::New(Version(1))]);
    load(store, id).await
}

pub(super) async fn load(store: &Store, id: JobId) -> Versioned<Job> {
    store.load(id).await.unwrap().expect("the job is stored")
}

/// Loads the job, applies `event` and stores the step.
pub(super) async fn drive(
    store: &Store,
    samples: &Samples,
    id: JobId,
    event: JobEvent,
) -> Versioned<Job> {
    let seen = load(store, id).await;
    let mut answers = store.commit(vec![samples.commit(&seen, event)]).await;
    let version = answers.pop().unwrap().unwrap();
    let now = load(store, id).await;
    assert_eq!(now.version, version);
    now
}

/// Claims a ready job.
pub(super) async fn claim(store: &Store, samples: &Samples, id: JobId) -> Lease {
    let (lease, claimed) = samples.claim();
    drive(store, samples, id, claimed).await;
    lease
}

/// Claims a ready job and lets its worker say that it runs.
pub(super) async fn run(store: &Store, samples: &Samples, id: JobId) -> Lease {
    let lease = claim(store, samples, id).await;
    drive(store, samples, id, started(lease)).await;
    lease
}

/// Runs a ready job to success.
pub(super) async fn finish(store: &Store, samples: &Samples, id: JobId) -> Versioned<Job> {
    let lease = run(store, samples, id).await;
    drive(store, samples, id, succeeded(lease)).await
}

pub(super) async fn events(store: &Store, id: JobId) -> Vec<StoredEvent> {
    store.events(id, 0, ALL).await.unwrap()
}

/// The numbers of a log must be 1, 2, 3, …
pub(super) fn assert_gap_free(log: &[StoredEvent]) {
    let numbers: Vec<_> = log.iter().map(|event| event.seq).collect();
    let expected: Vec<_> = (1..).take(log.len()).collect();
    assert_eq!(numbers, expected);
}
