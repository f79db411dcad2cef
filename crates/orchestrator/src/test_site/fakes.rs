//! The ports that a site needs and that these tests do not look at closely.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    job::{LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{
        ArtifactError, ArtifactInfo, ArtifactKey, ArtifactStore, CallKey, CallbackSender, Charge,
        CostQuery, CostRow, DaySpend, Delivery, Ended, JobCost, LaunchKey, LaunchOrder, Launcher,
        LauncherError, Ledger, LedgerError, Reservation, Reserved, RunningLaunch, SendError,
    },
};
use async_trait::async_trait;

/// Notes what it was asked to launch.
pub(super) struct FakeLauncher {
    pub(super) orders: Arc<Mutex<Vec<LaunchOrder>>>,
}

#[async_trait]
impl Launcher for FakeLauncher {
    fn terms(&self) -> Terms {
        Terms::default()
    }

    async fn free_slots(&self, _wait: Duration) -> usize {
        10
    }

    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let answers = orders.iter().map(|_| Ok(None)).collect();
        self.orders.lock().unwrap().extend(orders);
        answers
    }

    async fn stop(
        &self,
        _key: LaunchKey,
        _launch: Option<&LaunchRef>,
        _grace: Duration,
    ) -> Result<LaunchView, LauncherError> {
        Ok(LaunchView::Unknown)
    }

    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError> {
        Ok(launches.iter().map(|_| LaunchView::Unknown).collect())
    }

    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError> {
        Ok(Vec::new())
    }

    async fn adopt(&self, _launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        Ok(())
    }

    async fn ended(&self, _wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        Ok(Vec::new())
    }
}

#[derive(Default)]
pub(super) struct FakeArtifacts(Mutex<BTreeMap<ArtifactKey, Vec<u8>>>);

#[async_trait]
impl ArtifactStore for FakeArtifacts {
    async fn put(
        &self,
        key: &ArtifactKey,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, ArtifactError> {
        let stored = info(key, &content);
        self.0.lock().unwrap().insert(key.clone(), content);
        Ok(stored)
    }

    async fn get(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, ArtifactError> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    async fn list(&self, job: JobId) -> Result<Vec<ArtifactInfo>, ArtifactError> {
        let files = self.0.lock().unwrap();
        let own = files.iter().filter(|(key, _)| key.job == job);
        Ok(own.map(|(key, content)| info(key, content)).collect())
    }

    async fn url(&self, _key: &ArtifactKey) -> Result<Option<String>, ArtifactError> {
        Ok(None)
    }
}

fn info(key: &ArtifactKey, content: &[u8]) -> ArtifactInfo {
    ArtifactInfo { name: key.name.clone(), attempt: key.attempt, bytes: content.len() as u64 }
}

pub(super) struct NoCallbacks;

#[async_trait]
impl CallbackSender for NoCallbacks {
    async fn send(&self, _delivery: &Delivery) -> Result<(), SendError> {
        Ok(())
    }
}

/// Never answers.
pub(super) struct NoLedger;

fn away<T>() -> Result<T, LedgerError> {
    Err(LedgerError("it is away".to_owned()))
}

#[async_trait]
impl Ledger for NoLedger {
    async fn reserve(&self, _reservation: Reservation) -> Result<Reserved, LedgerError> {
        away()
    }

    async fn settle(&self, _: CallKey, _: Timestamp, _: Charge) -> Result<(), LedgerError> {
        away()
    }

    async fn costs(&self, _jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError> {
        away()
    }

    async fn report(&self, _query: &CostQuery) -> Result<Vec<CostRow>, LedgerError> {
        away()
    }

    async fn daily_limit(&self, _tenant: &TenantId) -> Result<Option<Money>, LedgerError> {
        away()
    }

    async fn set_daily_limit(
        &self,
        _tenant: &TenantId,
        _limit: Option<Money>,
    ) -> Result<(), LedgerError> {
        away()
    }

    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError> {
        away()
    }

    async fn day(&self, _tenant: &TenantId, _day: Day) -> Result<DaySpend, LedgerError> {
        away()
    }
}
