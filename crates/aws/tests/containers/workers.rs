//! Jobs in the table, so that real workers do what a rule of the suite needs.

use std::time::{Duration, Instant};

use agent_runner_aws::{job_store::DynamoJobStore, large_objects::LargeObjects};
use agent_runner_domain::{
    RawJson,
    job::{JobEvent, Status, Terms},
    ports::{JobStore, LaunchKey, LaunchOrder, NewJob},
};
use agent_runner_testkit::{
    Samples,
    conformance::launcher::{Behaviour, Workers},
    worker_processes::signal,
};
use async_trait::async_trait;
use serde_json::json;
use tokio::time::sleep;

use crate::site::Site;

/// What a worker exits with whose attempt no longer holds its job; see `docs/worker-exit-codes.md`.
const LEASE_LOST: i32 = 75;
/// A container needs its time on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longer than any rule takes.
const LONG_MS: u32 = 600_000;

pub(crate) struct RealWorkers {
    store: DynamoJobStore,
    samples: Samples,
}

impl RealWorkers {
    pub(crate) fn new(site: &Site, bucket: String) -> Self {
        let large = LargeObjects::new(site.s3(), bucket);
        let store = DynamoJobStore::new(site.dynamodb(), site.names.table(), large);
        Self { store, samples: Samples::default() }
    }

    /// The job of that order, before it is claimed.
    fn job(&self, order: &LaunchOrder, behaviour: Behaviour) -> NewJob {
        let delay_ms = match behaviour {
            Behaviour::Ends | Behaviour::Fails => 0,
            Behaviour::Runs | Behaviour::IsDeaf => LONG_MS,
        };
        let mut new = self.samples.job();
        new.job.id = order.key.job;
        new.job.attempts = order.key.attempt - 1;
        new.payload = RawJson::from(&json!({"message": "hello", "delay_ms": delay_ms}));
        new
    }
}

#[async_trait]
impl Workers for RealWorkers {
    async fn prepare(&self, order: &LaunchOrder, behaviour: Behaviour) {
        let id = order.key.job;
        self.store.insert(vec![self.job(order, behaviour)]).await.unwrap();
        let seen = self.store.load(id).await.unwrap().unwrap();
        let claim = match behaviour {
            // A worker fails whose job another attempt has.
            Behaviour::Fails => self.samples.claim().1,
            _ => JobEvent::Claimed { lease: order.lease, terms: Terms::default() },
        };
        let claim = self.samples.commit(&seen, claim);
        self.store.commit(vec![claim]).await.remove(0).unwrap();
    }

    async fn at_work(&self, key: LaunchKey) {
        let begin = Instant::now();
        while self.store.load(key.job).await.unwrap().unwrap().value.status() != Status::Running {
            assert!(begin.elapsed() < PATIENCE, "{key:?} does not begin");
            sleep(Duration::from_millis(50)).await;
        }
        // It listens for as long as it can: a process that is held hears nothing until it is killed.
        if key.attempt == Behaviour::IsDeaf as u32 {
            signal(key.job, "-STOP");
        }
    }

    fn failure(&self) -> i32 {
        LEASE_LOST
    }
}
