//! What only containers can show. `scripts/test-docker` runs these, on an emulator that starts them.

use std::time::Duration;

use agent_runner_client::api::Client;
use agent_runner_domain::{JobId, job::Status};
use agent_runner_testkit::worker_processes::{signal, workers};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    PATIENCE, ended, installation::Installation, news::Manner, orchestrator::worker_image, running,
    seen, submit, submit_all,
};

/// Longer than a worker has to end what it runs, and than the emulator takes to stop a container.
const GRACE: Duration = Duration::from_secs(30);

fn slow_job(script: &str) -> Value {
    json!({
        "job_type": "command", "payload": {"program": "sh", "args": ["-c", script]},
        "max_attempts": 2, "backoff": {"initial_seconds": 0.1},
    })
}

async fn installation(news: Manner) -> Installation {
    assert!(worker_image().is_some(), "these need containers: scripts/test-docker");
    Installation::with(&[], news).await
}

#[tokio::test]
#[ignore = "needs containers: scripts/test-docker"]
async fn failure_mode_15_each_end_counts_once_when_news_are_lost_doubled_and_late() {
    let installation = installation(Manner::Badly).await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let ids = submit_all(&one.client, &vec![slow_job("sleep 600"); 6]).await;
    for id in &ids {
        running(&one.client, *id).await;
        signal(*id, "-KILL");
    }
    for id in &ids {
        seen(&other.client, *id, |job| job.attempt == 2 && job.status == Status::Running).await;
    }
    // What is late is there by now.
    sleep(Duration::from_secs(5)).await;
    for id in &ids {
        let job = other.client.job(*id).await.unwrap();
        assert_eq!((job.status, job.attempt), (Status::Running, 2), "{job:?}");
        assert_eq!(workers(*id).len(), 1, "one worker for {id}");
    }
    cancel_all(&one.client, &ids).await;
}

/// As an operator stops a task, and as Fargate does when it takes a Spot machine back.
#[tokio::test]
#[ignore = "needs containers: scripts/test-docker"]
async fn failure_mode_18_a_stopped_task_is_followed_by_another_at_no_cost_to_the_user() {
    let installation = installation(Manner::Well).await;
    let orchestrator = installation.orchestrator();
    let mut job = slow_job("sleep 600");
    job["max_attempts"] = json!(1);
    let id = submit(&orchestrator.client, &job).await;
    running(&orchestrator.client, id).await;
    installation.stop_tasks("Your Spot Task was interrupted.").await;
    seen(&orchestrator.client, id, |job| job.attempt == 2 && job.status == Status::Running).await;
    assert_eq!(workers(id).len(), 1);
    cancel_all(&orchestrator.client, &[id]).await;
}

#[tokio::test]
#[ignore = "needs containers: scripts/test-docker"]
async fn failure_mode_19_no_container_outlives_its_job() {
    let installation = installation(Manner::Well).await;
    let orchestrator = installation.orchestrator();
    let client = &orchestrator.client;
    let stubborn = slow_job("trap '' TERM; while true; do sleep 1; done");
    let mut too_long = stubborn.clone();
    (too_long["timeout_seconds"], too_long["max_attempts"]) = (json!(2), json!(1));
    let jobs = [stubborn, too_long, slow_job("exit 0"), slow_job("exit 3")];
    let ids = submit_all(client, &jobs).await;
    running(client, ids[0]).await;
    client.cancel(ids[0]).await.unwrap();
    let wanted = [Status::Cancelled, Status::TimedOut, Status::Succeeded, Status::Failed];
    for (id, wanted) in ids.into_iter().zip(wanted) {
        let job = ended(client, id).await;
        assert_eq!(job.status, wanted, "{job:?}");
        no_worker(id).await;
    }
    let end = Instant::now() + GRACE;
    while installation.tasks().await > 0 {
        assert!(Instant::now() < end, "there are tasks without a job");
        sleep(Duration::from_millis(500)).await;
    }
}

async fn cancel_all(client: &Client, ids: &[JobId]) {
    for id in ids {
        client.cancel(*id).await.unwrap();
    }
    for id in ids {
        no_worker(*id).await;
    }
}

async fn no_worker(id: JobId) {
    let end = Instant::now() + GRACE.min(PATIENCE);
    while !workers(id).is_empty() {
        assert!(Instant::now() < end, "the worker of {id} is still there");
        sleep(Duration::from_millis(200)).await;
    }
}
