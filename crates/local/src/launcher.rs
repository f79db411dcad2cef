//! Workers as child processes.
//!
//! Each worker leads a process group of its own and survives this process, so that the next orchestrator can take
//! it over. The table of what runs lives in memory only: what must be remembered, the job store remembers.

mod config;
mod ending;
mod failure;
#[cfg(target_os = "linux")]
mod forking;
mod output;
mod start;
mod stop;
mod warm;
mod worker;

use std::{
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicU64},
    time::Duration,
};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use agent_runner_process::{Identity, out_of_memory_kills};
use async_trait::async_trait;
use futures::future::join_all;
use tokio::sync::Notify;

pub use self::config::{LauncherConfig, StartBy, is_passed_on};
use self::{start::Told, warm::WarmPool};
use crate::launch_table::{Table, when};

/// A [`Launcher`] on this machine.
pub struct ProcessLauncher {
    shared: Arc<Shared>,
}

struct Shared {
    config: LauncherConfig,
    table: Mutex<Table<Identity>>,
    warm: WarmPool,
    #[cfg(target_os = "linux")]
    fork_server: forking::ForkServer,
    /// Somebody may be waiting for a slot, or for news.
    freed: Notify,
    ended: Notify,
    /// See [`out_of_memory_kills`]; what was counted last.
    memory_kills: AtomicU64,
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table<Identity>> {
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
            #[cfg(target_os = "linux")]
            fork_server: forking::ForkServer::default(),
            freed: Notify::new(),
            ended: Notify::new(),
            memory_kills: AtomicU64::new(out_of_memory_kills().unwrap_or(0)),
            config,
        });
        warm::keep_filled(&shared);
        #[cfg(target_os = "linux")]
        forking::prepare(&shared);
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
        let launched = orders.iter().map(async |order| match start::tell(&self.shared, order)? {
            Told::Yes(launch) => Ok(launch),
            Told::NeedsProcess => start::start(&self.shared, order).await,
        });
        let answers = join_all(launched).await;
        // An order that came twice in this call was still being started when its second half was looked at.
        let named = |(answer, order): (Result<_, _>, &LaunchOrder)| {
            answer
                .map(|launch: Option<_>| launch.or_else(|| self.shared.table().name_of(order.key)))
        };
        answers.into_iter().zip(&orders).map(named).collect()
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
