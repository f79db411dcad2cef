//! Plays Fargate: a task is a worker with nothing but what its task definition and the overrides say.
//!
//! The end of a task is told as AWS tells it, by a message that `EventBridge` puts into the queue of task events.

use std::{
    collections::BTreeMap,
    fs::File,
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::{Value, json};

use super::{events::Events, place::Place};

pub(super) struct Fargate {
    worker: Place,
    /// What stands in the task definition.
    environment: Vec<(String, String)>,
    /// What all workers print.
    log: File,
    events: Events,
    tasks: Mutex<BTreeMap<String, Task>>,
    runtime: tokio::runtime::Handle,
}

struct Task {
    described: Value,
    began: Instant,
    /// Its end has been told.
    told: bool,
}

impl Fargate {
    pub(super) fn new(
        worker: Place,
        environment: Vec<(String, String)>,
        log: File,
        events: Events,
    ) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self { worker, environment, log, events, tasks: Mutex::default(), runtime }
    }

    /// Whether no task runs, and the ends of all have been told.
    pub(super) fn is_quiet(&self) -> bool {
        self.tasks().values().all(|task| task.told)
    }

    pub(super) fn started(&self) -> usize {
        self.tasks().len()
    }

    /// When the last task began.
    pub(super) fn last_began(&self) -> Option<Instant> {
        self.tasks().values().map(|task| task.began).max()
    }

    /// `None`: that is nothing that this plays.
    pub(super) fn answer(
        self: &Arc<Self>,
        action: &str,
        asked: &Value,
    ) -> anyhow::Result<Option<Value>> {
        Ok(match action {
            "RunTask" => Some(json!({"tasks": [self.run(asked)?], "failures": []})),
            "DescribeTasks" => Some(self.describe(asked)),
            "ListTasks" => Some(self.list(asked)),
            _ => None,
        })
    }

    fn run(self: &Arc<Self>, asked: &Value) -> anyhow::Result<Value> {
        let mut tasks = self.tasks();
        let arn = format!("arn:aws:ecs:us-east-1:000000000000:task/bench/{:032x}", tasks.len());
        let family = asked["taskDefinition"].as_str().unwrap_or_default();
        let described = json!({
            "taskArn": arn,
            "taskDefinitionArn": format!("arn:aws:ecs:us-east-1:000000000000:task-definition/{family}:1"),
            "startedBy": asked["startedBy"],
            "lastStatus": "RUNNING",
            "desiredStatus": "RUNNING",
            "containers": [{"name": "worker", "lastStatus": "RUNNING"}],
        });
        let pairs = asked["overrides"]["containerOverrides"][0]["environment"].as_array();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let own =
            pairs.into_iter().flatten().map(|pair| (text(&pair["name"]), text(&pair["value"])));
        let variables: Vec<_> = self.environment.iter().cloned().chain(own).collect();
        let mut command = self.worker.command(&variables);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(self.log.try_clone()?);
        let began = Instant::now();
        let child = command.spawn()?;
        tasks.insert(arn.clone(), Task { described: described.clone(), began, told: false });
        let this = self.clone();
        self.runtime.spawn(async move { this.see_to_the_end(arn, child).await });
        Ok(described)
    }

    async fn see_to_the_end(&self, arn: String, mut child: std::process::Child) {
        let ended = tokio::task::spawn_blocking(move || child.wait()).await;
        let code = ended.ok().and_then(Result::ok).and_then(|status| status.code());
        let described = {
            let mut tasks = self.tasks();
            let Some(task) = tasks.get_mut(&arn) else { return };
            for (field, value) in [
                ("lastStatus", json!("STOPPED")),
                ("desiredStatus", json!("STOPPED")),
                ("stopCode", json!("EssentialContainerExited")),
                ("stoppedReason", json!("Essential container in task exited")),
                (
                    "containers",
                    json!([{"name": "worker", "lastStatus": "STOPPED", "exitCode": code}]),
                ),
            ] {
                task.described[field] = value;
            }
            task.described.clone()
        };
        if let Err(error) = self.events.tell(&described).await {
            eprintln!("an event was not told: {error:#}");
        }
        if let Some(task) = self.tasks().get_mut(&arn) {
            task.told = true;
        }
    }

    fn describe(&self, asked: &Value) -> Value {
        let tasks = self.tasks();
        let arns = asked["tasks"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let found: Vec<_> = arns.filter_map(|arn| Some(&tasks.get(arn)?.described)).collect();
        json!({"tasks": found, "failures": []})
    }

    fn list(&self, asked: &Value) -> Value {
        let tasks = self.tasks();
        let wanted = asked["desiredStatus"].as_str().unwrap_or("RUNNING");
        let by = &asked["startedBy"];
        let fits = |task: &&Task| {
            task.described["desiredStatus"] == wanted
                && (by.is_null() || task.described["startedBy"] == *by)
        };
        let arns: Vec<_> =
            tasks.values().filter(fits).map(|task| &task.described["taskArn"]).collect();
        json!({"taskArns": arns})
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<String, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
