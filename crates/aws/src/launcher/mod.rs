//! Workers as Fargate tasks, one per attempt.
//!
//! What runs is ECS's business, and the job store's: this launcher can be replaced at any time. Ends come as events
//! first and by looking at tasks in batches for what the events missed. A launch costs money, so nothing is started
//! twice and nothing that fails for good is started again and again.

mod breaker;
mod config;
pub(crate) mod key;
mod news;
mod pace;
pub(crate) mod reasons;
mod rest;
mod run_task;
mod rungs;
mod sizes;
mod start;
mod table;
mod tasks;

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::{
    job::{Exit, LaunchFailure, LaunchRef, LaunchView, Terms},
    ports::{Ended, LaunchKey, LaunchOrder, Launcher, LauncherError, RunningLaunch},
};
use async_trait::async_trait;
use aws_sdk_ecs::Client;
use futures::{StreamExt, stream};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

pub(crate) use self::tasks::family_of;
use self::{
    breaker::Breaker,
    news::News,
    pace::Pace,
    rest::Rest,
    rungs::Shortages,
    table::{Room, Table},
    tasks::{Seen, Tasks, launch_of},
};
pub use self::{
    config::LauncherConfig,
    sizes::{SIZES, Size},
};
use crate::{Names, task_events::TaskEvents};

/// The worker's container in the task definitions.
pub const WORKER: &str = "worker";
/// What Fargate launches for an account and region: at once, and in a second.
const LAUNCHES: (u32, u32) = (100, 20);
/// `RunTask` calls under way at the same time.
const CALLS_AT_ONCE: usize = 16;

/// A [`Launcher`] on ECS.
pub struct EcsLauncher {
    names: Names,
    config: LauncherConfig,
    tasks: Tasks,
    table: Mutex<Table>,
    pace: Pace,
    breaker: Breaker,
    shortages: Shortages,
    rest: Rest,
    /// From the room on Spot alone, since a job came that may not use it.
    full: Rest,
    news: News,
    /// Somebody may be waiting for a slot, or for news.
    freed: Notify,
    told: Notify,
}

impl EcsLauncher {
    /// Without events, ends are learnt by looking only.
    #[must_use]
    pub fn new(
        ecs: Client,
        names: &Names,
        config: LauncherConfig,
        events: Option<TaskEvents>,
    ) -> Self {
        let (burst, rate) = LAUNCHES;
        Self {
            tasks: Tasks::new(ecs, names.cluster(), config.missing_grace),
            table: Mutex::new(Table::new(Room::of(&config))),
            names: names.clone(),
            pace: Pace::new(burst, rate),
            breaker: Breaker::default(),
            shortages: Shortages::default(),
            rest: Rest::default(),
            full: Rest::default(),
            news: News::new(events),
            freed: Notify::new(),
            told: Notify::new(),
            config,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().expect("nothing panics while it is held")
    }

    /// Takes note of an end that was seen.
    fn over(&self, key: LaunchKey, exit: Exit) {
        self.table().over(key, exit);
        self.freed.notify_one();
        self.told.notify_one();
    }

    /// What the end of a task says about others of its family.
    fn judge(&self, family: &str, exit: &Exit) {
        match &exit.reason {
            Some(reason) if exit.lasting => self.breaker.failed(family, reason),
            _ if exit.evidence.exit_code.is_some() => self.breaker.works(family),
            _ => {}
        }
    }

    /// The ECS names of a launch, asked for where nobody has kept them.
    async fn names_of(
        &self,
        key: LaunchKey,
        launch: Option<&LaunchRef>,
    ) -> Result<Vec<String>, LauncherError> {
        match launch.cloned().or_else(|| self.table().name_of(key)) {
            Some(LaunchRef(arn)) => Ok(vec![arn]),
            None => self.tasks.of_launch(key).await,
        }
    }
}

#[async_trait]
impl Launcher for EcsLauncher {
    fn terms(&self) -> Terms {
        self.config.terms
    }

    async fn free_slots(&self, wait: Duration) -> usize {
        let end = Instant::now() + wait;
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            freed.as_mut().enable();
            let resting = self.rest.until();
            let full = self.full.until();
            let spot_most = if full.is_some() { 0 } else { self.full.tries() };
            let free = if resting.is_some() { 0 } else { self.table().free(spot_most) };
            if free > 0 || Instant::now() >= end {
                return free.min(self.pace.ready()).min(self.rest.tries());
            }
            // Tasks may be over whose end nobody has told.
            let next_look = self.look_if_due().await;
            let again = resting.unwrap_or_else(|| full.map_or(next_look, |it| it.min(next_look)));
            let _ = timeout_at(again.min(end), freed).await;
        }
    }

    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let mut calls = Vec::with_capacity(orders.len());
        for order in &orders {
            calls.push(self.start(order));
        }
        let answers: Vec<_> = stream::iter(calls).buffered(CALLS_AT_ONCE).collect().await;
        // An order that came twice in this call was still being started when its second half was looked at.
        let named = |(answer, order): (Result<Option<_>, _>, &LaunchOrder)| {
            answer.map(|launch| launch.or_else(|| self.table().name_of(order.key)))
        };
        answers.into_iter().zip(&orders).map(named).collect()
    }

    async fn stop(
        &self,
        key: LaunchKey,
        launch: Option<&LaunchRef>,
        _grace: Duration,
    ) -> Result<LaunchView, LauncherError> {
        if let Some(exit) = self.table().end_of(key) {
            return Ok(LaunchView::Gone(exit));
        }
        let mut view = LaunchView::Unknown;
        for arn in self.names_of(key, launch).await? {
            view = match self.tasks.stop(&arn).await? {
                Seen::Starting | Seen::Running => LaunchView::Running,
                Seen::Missing => LaunchView::Unknown,
                Seen::Stopped(exit) => {
                    self.over(key, exit.clone());
                    LaunchView::Gone(exit)
                }
            };
        }
        Ok(view)
    }

    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError> {
        let mut named = Vec::with_capacity(launches.len());
        for (key, launch) in launches {
            let gone = self.table().end_of(*key);
            named.push(match gone {
                Some(exit) => Err(exit),
                None => Ok(self.names_of(*key, launch.as_ref()).await?.into_iter().next()),
            });
        }
        let arns: Vec<_> = named.iter().flatten().flatten().cloned().collect();
        let seen = self.tasks.look(&arns).await?;
        let view = |arn: &String| match seen.get(arn).map(|view| &view.seen) {
            Some(Seen::Starting | Seen::Running) => LaunchView::Running,
            Some(Seen::Stopped(exit)) => LaunchView::Gone(exit.clone()),
            Some(Seen::Missing) | None => LaunchView::Unknown,
        };
        let views = named.into_iter().map(|launch| match launch {
            Err(exit) => LaunchView::Gone(exit),
            Ok(arn) => arn.as_ref().map_or(LaunchView::Unknown, view),
        });
        Ok(views.collect())
    }

    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError> {
        let mut listed: HashSet<_> = self.tasks.list().await?.into_iter().collect();
        let mut running = self.table().running();
        // What we have started need not be asked for its name again.
        running.retain(|launch| listed.remove(&launch.launch.0));
        for task in self.tasks.describe(&Vec::from_iter(listed)).await? {
            if task.last_status() != Some("STOPPED")
                && let Some((key, launch)) = launch_of(&task)
            {
                running.push(RunningLaunch { key, launch });
            }
        }
        self.table().seen_in_cluster(&running);
        Ok(running)
    }

    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError> {
        for RunningLaunch { key, launch } in launches {
            // Another launcher's name means nothing here; that attempt ends by its silence.
            if launch.0.starts_with("arn:") {
                self.table().started(key, launch);
            }
        }
        self.news.look_soon();
        self.told.notify_one();
        Ok(())
    }

    async fn ended(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError> {
        self.hear(wait).await
    }

    async fn heard(&self) -> Result<(), LauncherError> {
        self.news.heard().await
    }
}
