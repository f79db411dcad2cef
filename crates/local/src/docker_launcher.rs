//! Workers as containers of the Docker daemon of this machine, one per attempt, each with limits of its own.
//!
//! For one machine that runs what it does not trust: a worker sees its image, a temporary folder and the socket of
//! its orchestrator, and nothing else. A container is found by its name, which follows from the attempt, so that
//! even an orchestrator that crashed while starting one starts no second; Docker is the memory across restarts.

mod config;
mod connect;
mod container;
mod ending;
mod start;
mod stop;

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use async_trait::async_trait;
use bollard::Docker;
use futures::future::{join_all, try_join_all};

pub use self::{
    config::{DockerConfig, Limits},
    connect::DockerError,
};
use crate::launches::Launches;

/// A [`Launcher`] whose workers are containers.
pub struct DockerLauncher {
    shared: Arc<Shared>,
}

struct Shared {
    docker: Docker,
    config: DockerConfig,
    /// Whom workers run as, inside their containers.
    user: String,
    /// By container id.
    launches: Launches<String>,
}

impl DockerLauncher {
    /// Asks the daemon whether workers can be started, and takes over those of an earlier orchestrator.
    ///
    /// # Errors
    /// [`DockerError`] says what is missing and what to do.
    pub async fn open(config: DockerConfig) -> Result<Self, DockerError> {
        let docker = connect::connect(&config.socket).await?;
        connect::check_image(&docker, &config.image).await?;
        let user = connect::worker_user(&docker).await?;
        let shared =
            Arc::new(Shared { launches: Launches::new(config.max_running), docker, config, user });
        ending::take_over(&shared).await?;
        Ok(Self { shared })
    }
}

#[async_trait]
impl Launcher for DockerLauncher {
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
        let answers = join_all(orders.iter().map(|order| start::launch(&self.shared, order))).await;
        self.shared.launches.named(&orders, answers)
    }

    async fn stop(
        &self,
        key: LaunchKey,
        launch: Option<&LaunchRef>,
        grace: Duration,
    ) -> Result<LaunchView, LauncherError> {
        stop::stop(&self.shared, key, launch, grace).await
    }

    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError> {
        let view = async |(key, launch): &(LaunchKey, Option<LaunchRef>)| {
            stop::view(&self.shared, *key, launch.as_ref()).await
        };
        try_join_all(launches.iter().map(view)).await
    }

    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError> {
        Ok(self.shared.launches.running())
    }

    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        for RunningLaunch { key, launch } in launches {
            ending::adopt(&self.shared, key, &launch).await?;
        }
        Ok(())
    }

    async fn ended(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        Ok(self.shared.launches.ended(wait).await)
    }
}
