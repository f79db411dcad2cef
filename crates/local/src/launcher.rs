//! Workers as child processes.
//!
//! Each worker leads a process group of its own and survives this process, so that the next orchestrator can take
//! it over. The table of what runs lives in memory only: what must be remembered, the job store remembers.

mod config;
mod ending;
mod failure;
mod output;
mod start;
mod stop;
mod table;
mod warm;

use std::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicU64},
    time::Duration,
};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use agent_runner_process::out_of_memory_kills;
use async_trait::async_trait;
use tokio::{
    sync::Notify,
    task::spawn_blocking,
    time::{Instant, timeout_at},
};

pub use self::config::{LauncherConfig, is_passed_on};
use self::{table::Table, warm::WarmPool};

/// A [`Launcher`] on this machine.
pub struct ProcessLauncher {
    shared: Arc<Shared>,
}

struct Shared {
    config: LauncherConfig,
    table: Mutex<Table>,
    warm: WarmPool,
    /// Somebody may be waiting for a slot, or for news.
    freed: Notify,
    ended: Notify,
    /// See [`out_of_memory_kills`]; what was counted last.
    memory_kills: AtomicU64,
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nothing panics while it is held")
    }
}

impl ProcessLauncher {
    /// Has to be called within a tokio runtime, which then waits for the workers.
    #[must_use]
    pub fn new(config: LauncherConfig) -> Self {
        let shared = Arc::new(Shared {
            table: Mutex::new(Table::new(config.max_running)),
            warm: WarmPool::new(config.warm),
            freed: Notify::new(),
            ended: Notify::new(),
            memory_kills: AtomicU64::new(out_of_memory_kills().unwrap_or(0)),
            config,
        });
        warm::keep_filled(&shared);
        Self { shared }
    }
}

impl Drop for ProcessLauncher {
    fn drop(&mut self) {
        self.shared.warm.dismiss();
    }
}

#[async_trait]
impl Launcher for ProcessLauncher {
    fn terms(&self) -> Terms {
        self.shared.config.terms
    }

    async fn free_slots(&self, wait: Duration) -> usize {
        let look = || Some(self.shared.table().free()).filter(|free| *free > 0);
        when(&self.shared.freed, wait, look).await.unwrap_or(0)
    }

    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let shared = self.shared.clone();
        // A worker that stands ready only has to be told.
        let told = self.shared.warm.ready() >= orders.len();
        let launch = move || orders.iter().map(|order| start::launch(&shared, order)).collect();
        if told {
            return launch();
        }
        let launched = spawn_blocking(launch);
        launched.await.expect("starting a process does not panic")
    }

    async fn stop(
        &self,
        key: LaunchKey,
        launch: Option<&LaunchRef>,
        grace: Duration,
    ) -> Result<LaunchView, LauncherError> {
        Ok(stop::stop(&self.shared, key, launch, grace).await)
    }

    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError> {
        let mut views = Vec::with_capacity(launches.len());
        for (key, launch) in launches {
            views.push(stop::view(&self.shared, *key, launch.as_ref()).await);
        }
        Ok(views)
    }

    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError> {
        Ok(self.shared.table().running())
    }

    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        for RunningLaunch { key, launch } in launches {
            // Another launcher's name means nothing here; that attempt ends by its silence.
            if let Ok(identity) = launch.0.parse() {
                ending::adopt(&self.shared, key, identity);
            }
        }
        Ok(())
    }

    async fn ended(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        let look = || Some(self.shared.table().take_news()).filter(|news| !news.is_empty());
        Ok(when(&self.shared.ended, wait, look).await.unwrap_or_default())
    }
}

/// What `look` sees, as soon as it sees something; looks again with every notice.
async fn when<T>(notice: &Notify, wait: Duration, look: impl Fn() -> Option<T>) -> Option<T> {
    let end = Instant::now() + wait;
    loop {
        let noticed = notice.notified();
        let seen = look();
        if seen.is_some() || timeout_at(end, noticed).await.is_err() {
            return seen.or_else(look);
        }
    }
}
