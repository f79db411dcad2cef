//! What keeps a job from running stands in its cause, in AWS's own words.

use agent_runner_domain::job::{CauseKind, Status};
use agent_runner_testkit::{Answer, FaultProxy, Faults, Outage};
use serde_json::{Value, json};

use crate::{
    ended,
    installation::Installation,
    orchestrator::{BY_ECS, Orchestrator},
    seen, submit,
};

fn echo() -> Value {
    json!({"job_type": "echo", "payload": {"message": "hi"}})
}

async fn by_ecs(answer: &Value) -> (Installation, FaultProxy, Orchestrator) {
    let installation = Installation::new().await;
    let proxy = FaultProxy::start(installation.upstream(), 0, Faults::NONE).await;
    let answer = Answer { status: 200, body: answer.to_string(), ..Answer::default() };
    let url = proxy.url();
    let orchestrator =
        installation.orchestrator_with(&[("AWS_ENDPOINT_URL", &url), (BY_ECS, "yes")]);
    proxy.fail("ecs", Outage::Says(answer));
    (installation, proxy, orchestrator)
}

/// What ECS says of a task that never started, whatever it is asked.
fn stopped(reason: &str) -> Value {
    json!({"failures": [], "taskArns": [], "tasks": [{
        "taskArn": "arn:aws:ecs:us-east-1:1:task/n/1", "lastStatus": "STOPPED", "desiredStatus": "STOPPED",
        "taskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/n-worker-small-x86_64:1",
        "stopCode": "TaskFailedToStart", "stoppedReason": reason, "containers": [],
    }]})
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_ends_the_job_with_its_name() {
    let reason = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
                  1.dkr.ecr.us-east-1.amazonaws.com/worker@sha256:0a1b: not found";
    let (_installation, _proxy, orchestrator) = by_ecs(&stopped(reason)).await;
    let id = submit(&orchestrator.client, &echo()).await;
    let job = ended(&orchestrator.client, id).await;
    let cause = job.cause.unwrap();
    assert_eq!((job.status, cause.kind), (Status::Failed, CauseKind::LaunchFailed), "{cause:?}");
    assert!(cause.message.contains(reason), "{cause:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_addresses_for_its_worker_waits_and_says_so() {
    let reason = "InsufficientFreeAddressesInSubnet";
    let full = json!({"tasks": [], "taskArns": [], "failures": [
        {"reason": "RESOURCE:ENI", "detail": reason},
    ]});
    let (_installation, proxy, orchestrator) = by_ecs(&full).await;
    let client = &orchestrator.client;
    let id = submit(client, &echo()).await;
    seen(client, id, |job| job.status == Status::Queued && job.attempt > 0).await;
    let attempt = client.attempts(id).await.unwrap().remove(0);
    assert!(attempt.message.as_ref().is_some_and(|said| said.contains(reason)), "{attempt:?}");
    assert_eq!(attempt.cause, None, "nobody pays for it");
    proxy.repair("ecs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_there_is_named_in_the_cause() {
    let installation = Installation::new().await;
    let orchestrator = installation.orchestrator();
    let chat = json!({"job_type": "claude_chat", "payload": {"prompt": "hi"}});
    let id = submit(&orchestrator.client, &chat).await;
    let cause = ended(&orchestrator.client, id).await.cause.unwrap();
    assert!(cause.message.contains("make the secret NAME/anthropic-api-key"), "{cause:?}");
}
