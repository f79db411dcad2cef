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
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use agent_runner_process::{Identity, out_of_memory_kills};
use async_trait::async_trait;
use futures::future::join_all;

pub use self::config::{LauncherConfig, StartBy, is_passed_on};
use self::{start::Told, warm::WarmPool};
use crate::launches::Launches;

/// A [`Launcher`] on this machine.
pub struct ProcessLauncher {
    shared: Arc<Shared>,
}

struct Shared {
    config: LauncherConfig,
    launches: Launches<Identity>,
    warm: WarmPool,
    #[cfg(target_os = "linux")]
    fork_server: forking::ForkServer,
    /// See [`out_of_memory_kills`]; what was counted last.
    memory_kills: AtomicU64,
}

impl ProcessLauncher {
    /// Has to be called within a tokio runtime, which then waits for the workers.
    #[must_use]
    pub fn new(config: LauncherConfig) -> Self {
        let shared = Arc::new(Shared {
            launches: Launches::new(config.max_running),
            warm: WarmPool::new(config.warm),
            #[cfg(target_os = "linux")]
            fork_server: forking::ForkServer::default(),
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
        self.shared.launches.free_slots(wait).await
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
        self.shared.launches.named(&orders, answers)
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
        Ok(self.shared.launches.running())
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
        Ok(self.shared.launches.ended(wait).await)
    }
}
