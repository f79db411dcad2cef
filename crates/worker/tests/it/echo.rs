//! What holds for every handler, shown by the simplest.

use std::{process::Stdio, time::Duration};

use agent_runner_domain::job::CauseKind;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::{
    gateway::{Gateway, Script},
    process::{PROGRAM, Worker, command},
};

fn echo(payload: Value) -> Script {
    Script::of("echo", payload)
}

#[tokio::test]
async fn an_echo_takes_two_round_trips() {
    let gateway = Gateway::start(echo(json!({"message": "hi"})));
    let mut worker = Worker::start(&gateway);
    let identity = worker.identity().to_string();
    assert_eq!(worker.code().await, Some(0));
    let result = gateway.result().await;
    assert_eq!(result["echoed_message"], "hi");
    assert!(result["processed_by"].as_str().unwrap().starts_with("agent-runner-worker/"));
    assert!(result["processed_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(gateway.heard().requests, ["/worker/v1/start", "/worker/v1/finish"]);
    assert_eq!(gateway.heard().launch.as_ref().unwrap().0, identity);
}

#[tokio::test]
async fn an_unavailable_orchestrator_is_waited_for() {
    let script = Script { failures: 4, ..echo(json!({"message": "hi"})) };
    let gateway = Gateway::start(script);
    assert_eq!(Worker::start(&gateway).code().await, Some(0));
    assert_eq!(gateway.result().await["echoed_message"], "hi");
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_says_nothing_more() {
    let script = Script { lease_lost: true, ..echo(json!({"message": "hi"})) };
    let gateway = Gateway::start(script);
    assert_eq!(Worker::start(&gateway).code().await, Some(75));
    assert_eq!(gateway.heard().requests, ["/worker/v1/start"]);
}

#[tokio::test]
async fn a_heartbeat_that_says_stop_ends_the_worker() {
    let script = Script {
        heartbeat: Duration::from_millis(30),
        heartbeat_says_stop: true,
        ..echo(json!({"message": "hi", "delay_ms": 60_000}))
    };
    let gateway = Gateway::start(script);
    assert_eq!(Worker::start(&gateway).code().await, Some(75));
    assert!(gateway.heard().last_word.is_none());
}

#[tokio::test]
async fn a_timeout_is_the_workers_own_verdict() {
    let script = Script {
        timeout: Duration::from_millis(50),
        ..echo(json!({"message": "hi", "delay_ms": 60_000}))
    };
    let gateway = Gateway::start(script);
    assert_eq!(Worker::start(&gateway).code().await, Some(0));
    assert_eq!(gateway.failure().await.kind, CauseKind::Timeout);
}

#[tokio::test]
async fn a_terminated_worker_says_that_it_was_interrupted() {
    let gateway = Gateway::start(echo(json!({"message": "hi", "delay_ms": 60_000})));
    let mut worker = Worker::start(&gateway);
    gateway.until(|heard| heard.launch.clone()).await;
    worker.terminate();
    assert_eq!(worker.code().await, Some(143));
    assert_eq!(gateway.failure().await.kind, CauseKind::Interrupted);
}

#[tokio::test]
async fn a_payload_the_handler_cannot_read_fails_for_good() {
    let gateway = Gateway::start(echo(json!({"massage": "hi"})));
    assert_eq!(Worker::start(&gateway).code().await, Some(0));
    let failure = gateway.failure().await;
    assert_eq!(failure.kind, CauseKind::InvalidPayload);
    assert!(failure.message.contains("massage"), "{}", failure.message);
}

#[tokio::test]
async fn an_unknown_job_type_is_a_failure_and_no_crash() {
    let gateway = Gateway::start(Script::of("sing", json!({})));
    assert_eq!(Worker::start(&gateway).code().await, Some(0));
    assert!(gateway.failure().await.message.contains("sing"));
}

#[tokio::test]
async fn a_worker_without_an_order_names_what_is_missing() {
    let gateway = Gateway::start(echo(json!({"message": "hi"})));
    let without = |name| async move {
        let output = command(&gateway).env_remove(name).output().await.unwrap();
        (gateway, output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (_gateway, code, said) = without("JOB_LEASE").await;
    assert_eq!(code, Some(64));
    assert!(said.contains("JOB_LEASE is not set"), "{said}");
}

#[tokio::test]
async fn a_worker_started_ahead_runs_the_job_it_is_given_later() {
    let gateway = Gateway::start(echo(json!({"message": "hi"})));
    let mut command = command(&gateway);
    for name in ["JOB_ID", "JOB_ATTEMPT", "JOB_LEASE"] {
        command.env_remove(name);
    }
    let mut child = command.arg("--warm").stdin(Stdio::piped()).spawn().unwrap();
    let order = gateway.order();
    let line = json!({"job_id": order.key.job, "attempt": 1, "lease": order.lease});
    child.stdin.take().unwrap().write_all(format!("{line}\n").as_bytes()).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
    assert_eq!(gateway.result().await["echoed_message"], "hi");
}

#[tokio::test]
async fn a_worker_started_ahead_goes_when_it_is_not_needed() {
    let gateway = Gateway::start(echo(json!({"message": "hi"})));
    let output = command(&gateway).arg("--warm").output().await.unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty() && gateway.heard().requests.is_empty());
}

#[tokio::test]
async fn help_and_version_need_no_environment() {
    for argument in ["--help", "--version"] {
        let output = tokio::process::Command::new(PROGRAM).arg(argument).output().await.unwrap();
        assert!(output.status.success() && !output.stdout.is_empty());
    }
    let output = tokio::process::Command::new(PROGRAM).arg("--job").output().await.unwrap();
    assert_eq!(output.status.code(), Some(64));
}
