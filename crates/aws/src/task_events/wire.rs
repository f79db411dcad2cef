//! What an event says. Fields that AWS adds are ignored, and so is what cannot be read: looking at tasks makes it good.

use serde::Deserialize;

use super::TaskEvent;
use crate::launcher::{
    WORKER, family_of,
    key::of_started_by,
    reasons::{self, Stop},
};

#[derive(Deserialize)]
struct Event {
    detail: Detail,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    task_arn: String,
    task_definition_arn: String,
    last_status: String,
    started_by: String,
    stop_code: Option<String>,
    stopped_reason: Option<String>,
    containers: Vec<Container>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container {
    name: String,
    exit_code: Option<i32>,
    reason: Option<String>,
}

/// Without a handle yet.
pub(super) fn read(body: &str) -> TaskEvent {
    let detail = match serde_json::from_str::<Event>(body) {
        Ok(event) => event.detail,
        Err(error) => {
            tracing::warn!(%error, "A message among the news of tasks is no event");
            Detail::default()
        }
    };
    let key = of_started_by(&detail.started_by).filter(|_| detail.last_status == "STOPPED");
    // There may be others beside the worker, such as a security agent that the account adds to every task.
    let worker = detail.containers.iter().find(|container| container.name == WORKER);
    let exit = reasons::exit(Stop {
        code: detail.stop_code.as_deref(),
        reason: detail.stopped_reason.as_deref(),
        exit_code: worker.and_then(|worker| worker.exit_code),
        container_reason: worker.and_then(|worker| worker.reason.as_deref()),
    });
    TaskEvent {
        handle: String::new(),
        family: family_of(&detail.task_definition_arn).to_owned(),
        task: detail.task_arn,
        ended: key.map(|key| (key, exit)),
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::{JobId, ports::LaunchKey};
    use serde_json::json;

    use super::*;

    fn event(status: &str) -> String {
        json!({
            "version": "0", "source": "aws.ecs", "detail-type": "ECS Task State Change",
            "detail": {
                "clusterArn": "arn:aws:ecs:eu-west-1:1:cluster/agent-runner",
                "taskArn": "arn:aws:ecs:eu-west-1:1:task/agent-runner/0a",
                "taskDefinitionArn": "arn:aws:ecs:eu-west-1:1:task-definition/agent-runner-worker-small-arm64:7",
                "lastStatus": status, "desiredStatus": "STOPPED", "version": 5,
                "startedBy": format!("{}/2", JobId::from_u128(9)),
                "stopCode": "EssentialContainerExited",
                "stoppedReason": "Essential container in task exited",
                "containers": [
                    {"name": "aws-guardduty-agent-x", "exitCode": 0, "lastStatus": "STOPPED"},
                    {"name": "worker", "exitCode": 3, "lastStatus": "STOPPED"},
                ],
            },
        })
        .to_string()
    }

    #[test]
    fn failure_mode_16_the_worker_is_found_among_the_containers_by_its_name() {
        let read = read(&event("STOPPED"));
        let (key, exit) = read.ended.unwrap();
        assert_eq!(key, LaunchKey { job: JobId::from_u128(9), attempt: 2 });
        assert_eq!(exit.evidence.exit_code, Some(3));
        assert_eq!(read.family, "agent-runner-worker-small-arm64");
    }

    #[test]
    fn failure_mode_15_only_the_end_is_news_and_what_cannot_be_read_is_none() {
        assert_eq!(read(&event("RUNNING")).ended, None);
        for other in [
            "",
            "{}",
            "[]",
            "{\"detail\": {}}",
            "{\"detail\": {\"startedBy\": \"ecs-svc/1\", \"lastStatus\": \"STOPPED\"}}",
        ] {
            assert_eq!(read(other).ended, None, "{other}");
        }
    }
}
