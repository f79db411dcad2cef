//! News of tasks, which the emulator does not send: what `EventBridge` would put into the queue.

use std::{collections::HashSet, time::Duration};

use aws_sdk_ecs::{
    Client,
    types::{Container, DesiredStatus, Task, TaskStopCode},
};
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::sleep};

/// As late as `EventBridge` is on a bad day, or so.
const LATE: Duration = Duration::from_secs(3);

/// How the ends of tasks are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Well,
    /// The first is lost, the second told twice and once more as if it still ran, the third late, and so on.
    Badly,
}

/// Tells of ends until it is dropped.
pub(crate) struct News(JoinHandle<()>);

impl News {
    pub(crate) fn start(ecs: Client, cluster: String, sqs: Queue, manner: Manner) -> Self {
        Self(tokio::spawn(async move {
            let mut told = HashSet::new();
            loop {
                for task in stopped(&ecs, &cluster).await {
                    if told.insert(task.task_arn.clone()) {
                        tell(&sqs, &task, manner, told.len()).await;
                    }
                }
                sleep(Duration::from_millis(300)).await;
            }
        }))
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A queue, and who can write to it.
pub(crate) struct Queue {
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) url: String,
}

async fn stopped(ecs: &Client, cluster: &str) -> Vec<Task> {
    let list = ecs.list_tasks().cluster(cluster).desired_status(DesiredStatus::Stopped);
    // Before it is made there are none.
    let tasks = list.send().await.ok().and_then(|list| list.task_arns).unwrap_or_default();
    if tasks.is_empty() {
        return Vec::new();
    }
    let describe = ecs.describe_tasks().cluster(cluster).set_tasks(Some(tasks));
    describe.send().await.unwrap().tasks.unwrap_or_default()
}

async fn tell(queue: &Queue, task: &Task, manner: Manner, number: usize) {
    let end = event(task, "STOPPED");
    let (events, delay) = match (manner, number % 3) {
        (Manner::Well, _) => (vec![end], Duration::ZERO),
        (Manner::Badly, 1) => (vec![], Duration::ZERO),
        (Manner::Badly, 2) => (vec![end.clone(), end, event(task, "RUNNING")], Duration::ZERO),
        (Manner::Badly, _) => (vec![end], LATE),
    };
    for event in events {
        let message = queue.client.send_message().queue_url(&queue.url);
        let message = message.message_body(event.to_string());
        let delay = i32::try_from(delay.as_secs()).unwrap();
        message.delay_seconds(delay).send().await.unwrap();
    }
}

fn event(task: &Task, status: &str) -> Value {
    let container = |container: &Container| json!({"name": container.name(), "exitCode": container.exit_code(), "lastStatus": status});
    let containers: Vec<_> = task.containers().iter().map(container).collect();
    json!({
        "version": "0", "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "detail": {
            "clusterArn": task.cluster_arn(), "taskArn": task.task_arn(),
            "taskDefinitionArn": task.task_definition_arn(), "startedBy": task.started_by(),
            "lastStatus": status, "desiredStatus": "STOPPED", "version": task.version(),
            "stopCode": task.stop_code().map(TaskStopCode::as_str),
            "stoppedReason": task.stopped_reason(), "containers": containers,
        },
    })
}
