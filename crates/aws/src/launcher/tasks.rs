//! Tasks as ECS describes them, in batches and no faster than it likes.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use agent_runner_domain::{
    job::{Evidence, Exit, LaunchRef},
    ports::{LaunchKey, LauncherError},
};
use aws_sdk_ecs::{
    Client,
    types::{DesiredStatus, Task},
};
use tokio::time::Instant;

use super::{
    WORKER,
    key::{of_started_by, started_by},
    pace::Pace,
    reasons::{self, Stop},
};
use crate::fault::{Fault, Trouble};

/// The most that `DescribeTasks` takes and `ListTasks` gives.
const PAGE: usize = 100;
/// Half of what the account is allowed: other programs look at tasks as well.
const LOOKS: (u32, u32) = (50, 10);
const REASON: &str = "stopped by agent-runner";

pub(super) struct Tasks {
    pub(super) ecs: Client,
    pub(super) cluster: String,
    missing_grace: Duration,
    pace: Pace,
    /// Since when a task has been missing.
    missing: Mutex<HashMap<String, Instant>>,
}

/// What ECS says of one task.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) seen: Seen,
    /// Of its task definition; empty when the task is missing.
    pub(super) family: String,
}

#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// There is a task, and no worker yet.
    Starting,
    Running,
    Stopped(Exit),
    /// It is not there, which means nothing yet.
    Missing,
}

impl Tasks {
    pub(super) fn new(ecs: Client, cluster: String, missing_grace: Duration) -> Self {
        let (burst, rate) = LOOKS;
        let pace = Pace::new(burst, rate);
        Self { ecs, cluster, missing_grace, pace, missing: Mutex::default() }
    }

    /// What is found of these tasks, by ARN.
    pub(super) async fn describe(&self, arns: &[String]) -> Result<Vec<Task>, LauncherError> {
        let mut found = Vec::with_capacity(arns.len());
        for page in arns.chunks(PAGE) {
            self.pace.turn().await;
            let call = self.ecs.describe_tasks().cluster(&self.cluster);
            let answer = call.set_tasks(Some(page.to_vec())).send().await;
            let answer = answer.map_err(|error| {
                self.unavailable(&Fault::of(&error, "ecs:DescribeTasks", &self.place()))
            })?;
            found.extend(answer.tasks.unwrap_or_default());
        }
        Ok(found)
    }

    pub(super) async fn look(
        &self,
        arns: &[String],
    ) -> Result<HashMap<String, View>, LauncherError> {
        let found = self.describe(arns).await?;
        let of_task = |task: &Task| Some((task.task_arn.clone()?, view(task)));
        let mut views: HashMap<_, _> = found.iter().filter_map(of_task).collect();
        for arn in arns {
            if views.contains_key(arn) {
                self.not_missing(arn);
            } else {
                views.insert(arn.clone(), View { seen: self.missing(arn), family: String::new() });
            }
        }
        Ok(views)
    }

    /// A fresh task may be missing for minutes, and an old one is forgotten an hour after its end.
    fn missing(&self, arn: &str) -> Seen {
        let mut missing = self.missing.lock().expect("nothing panics while it is held");
        let since = *missing.entry(arn.to_owned()).or_insert_with(Instant::now);
        if since.elapsed() < self.missing_grace {
            return Seen::Missing;
        }
        missing.remove(arn);
        let reason = format!("ECS has not known the task for {} s", self.missing_grace.as_secs());
        let evidence = Evidence { stop_code: Some("MISSING".to_owned()), ..Evidence::default() };
        Seen::Stopped(Exit { evidence, reason: Some(reason), ..Exit::default() })
    }

    fn not_missing(&self, arn: &str) {
        self.missing.lock().expect("nothing panics while it is held").remove(arn);
    }

    /// All that shall run in the cluster.
    pub(super) async fn list(&self) -> Result<Vec<String>, LauncherError> {
        self.list_pages(None, DesiredStatus::Running).await
    }

    /// The tasks of one launch, those that are over last.
    pub(super) async fn of_launch(&self, key: LaunchKey) -> Result<Vec<String>, LauncherError> {
        let mut found = self.list_pages(Some(key), DesiredStatus::Running).await?;
        if found.is_empty() {
            found = self.list_pages(Some(key), DesiredStatus::Stopped).await?;
        }
        Ok(found)
    }

    async fn list_pages(
        &self,
        key: Option<LaunchKey>,
        status: DesiredStatus,
    ) -> Result<Vec<String>, LauncherError> {
        let (mut found, mut next) = (Vec::new(), None);
        loop {
            self.pace.turn().await;
            let call = self.ecs.list_tasks().cluster(&self.cluster).desired_status(status.clone());
            let call = call.set_started_by(key.map(started_by)).set_next_token(next);
            let answer = call.send().await.map_err(|error| {
                self.unavailable(&Fault::of(&error, "ecs:ListTasks", &self.place()))
            })?;
            found.extend(answer.task_arns.unwrap_or_default());
            next = answer.next_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    pub(super) async fn stop(&self, arn: &str) -> Result<Seen, LauncherError> {
        self.pace.turn().await;
        let call = self.ecs.stop_task().cluster(&self.cluster).task(arn).reason(REASON);
        match call.send().await {
            Ok(answer) => Ok(answer.task.as_ref().map_or(Seen::Running, seen)),
            Err(error) => {
                let fault = Fault::of(&error, "ecs:StopTask", "the task");
                if unknown(&fault) { Ok(self.missing(arn)) } else { Err(self.unavailable(&fault)) }
            }
        }
    }

    fn unavailable(&self, fault: &Fault) -> LauncherError {
        if fault.trouble == Trouble::Throttled {
            self.pace.slow_down();
        }
        LauncherError(fault.to_string())
    }

    fn place(&self) -> String {
        format!("the cluster `{}`", self.cluster)
    }
}

fn unknown(fault: &Fault) -> bool {
    fault.trouble == Trouble::NotFound || fault.to_string().contains("task was not found")
}

/// A task's ECS name and the launch that it is.
pub(super) fn launch_of(task: &Task) -> Option<(LaunchKey, LaunchRef)> {
    let key = of_started_by(task.started_by()?)?;
    Some((key, LaunchRef(task.task_arn.clone()?)))
}

/// `agent-runner-worker-small-arm64` of `arn:…:task-definition/agent-runner-worker-small-arm64:7`.
pub(crate) fn family_of(definition: &str) -> &str {
    let name = definition.rsplit('/').next().unwrap_or(definition);
    name.split(':').next().unwrap_or(name)
}

pub(super) fn view(task: &Task) -> View {
    let family = family_of(task.task_definition_arn().unwrap_or_default()).to_owned();
    View { seen: seen(task), family }
}

fn seen(task: &Task) -> Seen {
    match task.last_status() {
        Some("STOPPED") => {}
        Some("PROVISIONING" | "PENDING" | "ACTIVATING") => return Seen::Starting,
        _ => return Seen::Running,
    }
    // There may be others beside the worker, such as a security agent that the account adds to every task.
    let worker = task.containers().iter().find(|container| container.name() == Some(WORKER));
    let code = task.stop_code().map(|code| code.as_str().to_owned());
    Seen::Stopped(reasons::exit(Stop {
        code: code.as_deref(),
        reason: task.stopped_reason(),
        exit_code: worker.and_then(|worker| worker.exit_code),
        container_reason: worker.and_then(|worker| worker.reason()),
    }))
}
