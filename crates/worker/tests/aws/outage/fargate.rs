//! What Fargate does: the emulator's tasks, which are only written down, run as child processes.

use std::{collections::HashMap, process::Stdio, time::Duration};

use aws_sdk_ecs::{
    Client,
    types::{ContainerOverride, Task, TaskOverride},
};
use tokio::{
    process::{Child, Command},
    task::JoinHandle,
    time::sleep,
};

use crate::installation::Installation;

/// Until it is dropped.
pub(super) struct Fargate(JoinHandle<()>);

struct Cluster {
    ecs: Client,
    name: String,
    /// Of all workers.
    environment: Vec<(String, String)>,
    workers: HashMap<String, Child>,
}

impl Fargate {
    pub(super) fn start(installation: &Installation) -> Self {
        let mut cluster = Cluster {
            ecs: installation.ecs(),
            name: installation.names().cluster(),
            environment: installation.common_variables(),
            workers: HashMap::new(),
        };
        Self(tokio::spawn(async move {
            loop {
                cluster.look().await;
                sleep(Duration::from_millis(200)).await;
            }
        }))
    }
}

impl Drop for Fargate {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Cluster {
    async fn look(&mut self) {
        let list = self.ecs.list_tasks().cluster(&self.name).send().await.unwrap();
        let running = list.task_arns.unwrap_or_default();
        self.workers.retain(|arn, _| running.contains(arn));
        for arn in running {
            match self.workers.get_mut(&arn).map(|worker| worker.try_wait().unwrap()) {
                Some(None) => {}
                Some(Some(_)) => {
                    let stop = self.ecs.stop_task().cluster(&self.name).task(arn);
                    stop.reason("its worker has ended").send().await.unwrap();
                }
                None => {
                    let worker = self.worker(&arn).await;
                    self.workers.insert(arn, worker);
                }
            }
        }
    }

    async fn worker(&self, arn: &str) -> Child {
        let describe = self.ecs.describe_tasks().cluster(&self.name).tasks(arn);
        let task = describe.send().await.unwrap().tasks.unwrap().remove(0);
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent-runner-worker"));
        command.env_clear().envs(self.environment.clone()).envs(overridden(&task));
        command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap()
    }
}

fn overridden(task: &Task) -> impl Iterator<Item = (&str, &str)> {
    let containers = task.overrides().map(TaskOverride::container_overrides).unwrap_or_default();
    let variables = containers.iter().flat_map(ContainerOverride::environment);
    variables.filter_map(|pair| Some((pair.name()?, pair.value()?)))
}
