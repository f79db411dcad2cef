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

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use async_trait::async_trait;
use bollard::Docker;
use futures::future::{join_all, try_join_all};
use tokio::sync::Notify;

pub use self::{
    config::{DockerConfig, Limits},
    connect::DockerError,
};
use crate::launch_table::{Table, when};

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
    table: Mutex<Table<String>>,
    /// Somebody may be waiting for a slot, or for news.
    freed: Notify,
    ended: Notify,
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table<String>> {
        self.table.lock().expect("nothing panics while it is held")
    }
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
        let shared = Arc::new(Shared {
            table: Mutex::new(Table::new(config.max_running)),
            freed: Notify::new(),
            ended: Notify::new(),
            docker,
            config,
            user,
        });
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
        let look = || Some(self.shared.table().free()).filter(|free| *free > 0);
        when(&self.shared.freed, wait, look).await.unwrap_or(0)
    }

    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let answers = join_all(orders.iter().map(|order| start::launch(&self.shared, order))).await;
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
        Ok(self.shared.table().running())
    }

    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        for RunningLaunch { key, launch } in launches {
            ending::adopt(&self.shared, key, &launch).await?;
        }
        Ok(())
    }

    async fn ended(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        let look = || Some(self.shared.table().take_news()).filter(|news| !news.is_empty());
        Ok(when(&self.shared.ended, wait, look).await.unwrap_or_default())
    }
}
