//! Ports that only take notes.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::{
    JobId,
    job::{Exit, LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{
        ArtifactError, ArtifactInfo, ArtifactKey, ArtifactStore, CallbackSender, Delivery, Ended,
        LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch, SendError,
    },
};
use async_trait::async_trait;

/// A launcher with room for everything.
#[derive(Clone, Default)]
pub(crate) struct Launches(Arc<Mutex<Notes>>);

#[derive(Default)]
pub(crate) struct Notes {
    /// In the order in which they were asked for.
    pub(crate) launched: Vec<LaunchKey>,
    pub(crate) stopped: Vec<LaunchKey>,
    pub(crate) adopted: Vec<RunningLaunch>,
    pub(crate) running: BTreeMap<LaunchKey, LaunchRef>,
    /// How many launches there is room for in one pass; `None`: any number.
    pub(crate) slots: Option<usize>,
}

impl Launches {
    pub(crate) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl Launcher for Launches {
    fn terms(&self) -> Terms {
        Terms::default()
    }

    async fn free_slots(&self, _: Duration) -> usize {
        self.notes().slots.unwrap_or(usize::MAX)
    }

    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let mut notes = self.notes();
        let launch = |LaunchOrder { key, .. }: LaunchOrder| {
            let name = LaunchRef(format!("process of {}", key.job));
            notes.launched.push(key);
            notes.running.insert(key, name.clone());
            Ok(Some(name))
        };
        orders.into_iter().map(launch).collect()
    }

    async fn stop(
        &self,
        key: LaunchKey,
        _: Option<&LaunchRef>,
        _: Duration,
    ) -> Result<LaunchView, LauncherError> {
        let mut notes = self.notes();
        notes.stopped.push(key);
        notes.running.remove(&key);
        Ok(LaunchView::Gone(Exit::default()))
    }

    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError> {
        let notes = self.notes();
        let view = |(key, _): &(LaunchKey, Option<LaunchRef>)| {
            let runs = notes.running.contains_key(key);
            if runs { LaunchView::Running } else { LaunchView::Gone(Exit::default()) }
        };
        Ok(launches.iter().map(view).collect())
    }

    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError> {
        let running = self.notes().running.clone();
        Ok(running.into_iter().map(|(key, launch)| RunningLaunch { key, launch }).collect())
    }

    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        self.notes().adopted.extend(launches);
        Ok(())
    }

    async fn ended(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        tokio::time::sleep(wait).await;
        Ok(Vec::new())
    }
}

/// A receiver of callbacks that can be told to refuse.
#[derive(Clone, Default)]
pub(crate) struct Receiver(Arc<Mutex<Mailbox>>);

#[derive(Default)]
pub(crate) struct Mailbox {
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) refuses: bool,
}

impl Receiver {
    pub(crate) fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl CallbackSender for Receiver {
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let mut mailbox = self.mailbox();
        mailbox.deliveries.push(delivery.clone());
        if mailbox.refuses { Err(SendError("503".to_owned())) } else { Ok(()) }
    }
}

/// Files in a map.
#[derive(Clone, Default)]
pub(crate) struct Files(Arc<Mutex<BTreeMap<ArtifactKey, Vec<u8>>>>);

fn info(key: &ArtifactKey, content: &[u8]) -> ArtifactInfo {
    let bytes = u64::try_from(content.len()).expect("a length fits");
    ArtifactInfo { name: key.name.clone(), attempt: key.attempt, bytes }
}

#[async_trait]
impl ArtifactStore for Files {
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

    async fn url(&self, _: &ArtifactKey) -> Result<Option<String>, ArtifactError> {
        Ok(None)
    }
}
