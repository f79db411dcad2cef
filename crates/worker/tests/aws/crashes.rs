//! Whatever is killed, no job is lost and none succeeds twice.

use std::time::Duration;

use agent_runner_domain::job::{CauseKind, Status};
use agent_runner_testkit::worker_processes::signal;
use serde_json::json;
use tokio::time::sleep;

use crate::{
    ended, installation::Installation, orchestrator::worker_image, result, running, seen, submit,
    submit_all,
};

#[tokio::test]
async fn jobs_go_on_with_the_other_orchestrator_when_one_is_killed_while_it_launches() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let jobs: Vec<_> = (0..40)
        .map(|number| json!({"job_type": "echo", "payload": {"message": number.to_string()}}))
        .collect();
    let ids = submit_all(&one.client, &jobs).await;
    sleep(Duration::from_millis(700)).await;
    one.kill();
    for (number, id) in ids.into_iter().enumerate() {
        assert_eq!(result(&other.client, id).await["echoed_message"], number.to_string());
    }
}

#[tokio::test]
async fn a_worker_outlives_all_orchestrators_and_tells_its_end_to_none() {
    let installation = Installation::new().await;
    let one = installation.orchestrator();
    let job = json!({"job_type": "command", "payload": {"program": "sleep", "args": ["3"]}});
    let id = submit(&one.client, &job).await;
    running(&one.client, id).await;
    one.kill();
    sleep(Duration::from_secs(5)).await;
    let next = installation.orchestrator();
    let job = next.client.job(id).await.unwrap();
    assert_eq!((job.status, job.attempt), (Status::Succeeded, 1), "{job:?}");
}

#[tokio::test]
async fn a_killed_worker_costs_the_user_no_attempt() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let client = &other.client;
    let id = submit(&one.client, &slow_job()).await;
    running(client, id).await;
    signal(id, "-KILL");
    if worker_image().is_some() {
        // Whoever is killed in a container was short of memory, as far as ECS can tell.
        let job = ended(client, id).await;
        return assert_eq!(job.cause.unwrap().kind, CauseKind::OutOfMemory);
    }
    let again = seen(client, id, |job| job.attempt == 2 && job.status == Status::Running).await;
    assert_eq!(again.max_attempts, 1);
    let first = client.attempts(id).await.unwrap().remove(0);
    let cause = first.cause.unwrap();
    assert_eq!(cause.kind, CauseKind::WorkerLost, "{cause:?}");
    client.cancel(id).await.unwrap();
}

/// As Fargate does when it takes a Spot machine back.
#[tokio::test]
async fn failure_mode_18_a_worker_that_is_told_to_stop_hands_its_job_back() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let client = &other.client;
    let id = submit(&one.client, &slow_job()).await;
    running(client, id).await;
    signal(id, "-TERM");
    seen(client, id, |job| job.attempt == 2).await;
    let first = client.attempts(id).await.unwrap().remove(0);
    let cause = first.cause.unwrap();
    assert_eq!(cause.kind, CauseKind::Interrupted, "{cause:?}");
    client.cancel(id).await.unwrap();
    assert_eq!(ended(client, id).await.status, Status::Cancelled);
}

#[tokio::test]
async fn failure_mode_20_an_orchestrator_that_stops_leaves_its_workers_to_the_next() {
    let installation = Installation::new().await;
    let one = installation.orchestrator();
    let job = json!({"job_type": "command", "payload": {"program": "sleep", "args": ["4"]}});
    let id = submit(&one.client, &job).await;
    running(&one.client, id).await;
    one.stop();
    let next = installation.orchestrator();
    let job = ended(&next.client, id).await;
    assert_eq!((job.status, job.attempt), (Status::Succeeded, 1), "{job:?}");
}

fn slow_job() -> serde_json::Value {
    json!({"job_type": "command", "payload": {"program": "sleep", "args": ["600"]}, "max_attempts": 1})
}
