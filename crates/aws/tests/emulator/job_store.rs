//! Jobs in DynamoDB keep the port's promises, and what DynamoDB makes hard is held too.

mod cost;
mod faults;
mod late_indexes;
mod limits;
mod log;
mod rough;

use std::sync::Arc;

use agent_runner_aws::{job_store::DynamoJobStore, large_objects::LargeObjects};
use agent_runner_domain::{
    JobId, Lease,
    job::JobEvent,
    ports::{Inserted, JobStore, NewJob, Version},
};
use agent_runner_testkit::{Samples, sample::started};

use crate::site::Site;

/// More than any test stores.
const ALL: usize = 100_000;
const NEW: Inserted = Inserted::New(Version(1));

async fn store() -> (Arc<dyn JobStore>, Site) {
    let site = Site::new();
    site.make_table().await;
    site.make_bucket().await;
    (store_at(&site), site)
}

/// A store of an installation that is there.
fn store_at(site: &Site) -> Arc<dyn JobStore> {
    let large = LargeObjects::new(site.s3(), site.names.table());
    Arc::new(DynamoJobStore::new(site.dynamodb(), site.names.table(), large))
}

async fn insert(store: &Arc<dyn JobStore>, new: NewJob) -> JobId {
    let id = new.job.id;
    assert_eq!(store.insert(vec![new]).await.unwrap(), [NEW]);
    id
}

async fn drive(store: &Arc<dyn JobStore>, samples: &Samples, id: JobId, event: JobEvent) {
    let seen = store.load(id).await.unwrap().unwrap();
    let commit = samples.commit(&seen, event);
    store.commit(vec![commit]).await.remove(0).unwrap();
}

/// Claims a ready job and lets its worker say that it runs.
async fn run(store: &Arc<dyn JobStore>, samples: &Samples, id: JobId) -> Lease {
    let (lease, claimed) = samples.claim();
    drive(store, samples, id, claimed).await;
    drive(store, samples, id, started(lease)).await;
    lease
}

mod conformance {
    use super::store;

    agent_runner_testkit::job_store_suite!(store().await);
}
