//! One job, and what users do with it, by way of two orchestrators.

use agent_runner_domain::job::{CauseKind, Status};
use serde_json::json;

use crate::{ended, installation::Installation, result, running, seen, submit, submit_all};

#[tokio::test]
async fn an_echo_runs_from_end_to_end() {
    let installation = Installation::new().await;
    let orchestrator = installation.orchestrator();
    let id =
        submit(&orchestrator.client, &json!({"job_type": "echo", "payload": {"message": "hi"}}))
            .await;
    assert_eq!(result(&orchestrator.client, id).await["echoed_message"], "hi");
    let events = orchestrator.client.events(id, 0).await.unwrap().events;
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert!(numbers.iter().copied().eq(1..=events.len() as u64), "{numbers:?}");
    assert!(orchestrator.client.ready().await.is_ok());
    orchestrator.stop();
}

#[tokio::test]
async fn a_chain_hands_its_results_on_whichever_orchestrator_is_asked() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let jobs = [
        json!({"ref": "a", "job_type": "echo", "payload": {"message": "first"}}),
        json!({"ref": "b", "job_type": "echo", "payload": {"message": "second"}, "depends_on": ["#a"]}),
        json!({"job_type": "echo", "payload": {"message": "third"}, "depends_on": ["#b"]}),
    ];
    let ids = submit_all(&one.client, &jobs).await;
    let last = result(&other.client, ids[2]).await;
    assert_eq!(last["echoed_message"], "third");
    for pair in ids.windows(2) {
        let (before, after) = (one.client.job(pair[0]).await, one.client.job(pair[1]).await);
        assert!(before.unwrap().finished_at <= after.unwrap().started_at, "one after the other");
    }
}

#[tokio::test]
async fn what_is_too_large_for_the_table_goes_through_the_bucket() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let message = "x".repeat(1 << 20);
    let job = json!({"job_type": "echo", "payload": {"message": message}});
    let id = submit(&one.client, &job).await;
    assert!(result(&other.client, id).await["echoed_message"] == message, "it came back another");
}

#[tokio::test]
async fn a_cancelled_job_stops_and_says_so_at_once() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let job = json!({"job_type": "command", "payload": {"program": "sleep", "args": ["600"]}});
    let id = submit(&one.client, &job).await;
    running(&other.client, id).await;
    assert_eq!(other.client.cancel(id).await.unwrap().status, Status::Cancelled);
    // The worker hears of it with its next heartbeat; then its place is free for others.
    let next =
        submit(&one.client, &json!({"job_type": "echo", "payload": {"message": "next"}})).await;
    result(&other.client, next).await;
}

#[tokio::test]
async fn a_job_that_runs_too_long_is_timed_out() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let job = json!({
        "job_type": "command", "payload": {"program": "sleep", "args": ["600"]},
        "timeout_seconds": 1, "max_attempts": 1,
    });
    let id = submit(&one.client, &job).await;
    let job = ended(&other.client, id).await;
    assert_eq!((job.status, job.cause.unwrap().kind), (Status::TimedOut, CauseKind::Timeout));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_another_and_a_failed_job_by_a_users_retry() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let job = json!({
        "job_type": "command", "payload": {"program": "sh", "args": ["-c", "exit 3"]},
        "max_attempts": 2, "backoff": {"initial_seconds": 0.1},
    });
    let client = &other.client;
    let id = submit(&one.client, &job).await;
    let failed = ended(client, id).await;
    assert_eq!((failed.status, failed.attempt), (Status::Failed, 2));
    client.retry(id).await.unwrap();
    let again = seen(client, id, |job| job.status.is_final() && job.attempt == 4).await;
    assert_eq!(again.status, Status::Failed);
    assert_eq!(client.attempts(id).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_chat_is_answered_by_a_model() {
    let (installation, _simulator) = Installation::with_models().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let chat = json!({"job_type": "claude_chat", "payload": {"prompt": "Say hello."}});
    let id = submit(&one.client, &chat).await;
    let answer = result(&other.client, id).await;
    assert!(answer.to_string().len() > 20, "{answer}");
    assert!(other.client.job(id).await.unwrap().cost.model_usd > 0.0, "{answer}");
}
