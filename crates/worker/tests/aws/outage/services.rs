//! One service is away, and all others are there: what needs it is refused or waits, and nothing else does.
//!
//! A real outage takes minutes, one here takes [`LENGTH`]. More would make no difference: what is tried again is tried
//! for as long as it takes, with pauses that have a bound (2 s for a worker's word, 3 s for a queue's message, 30 s for
//! a launch and 60 s for the job that wanted it), and nothing of it is counted against a job, which is what each test
//! looks at. `AGENT_RUNNER_OUTAGE_SECONDS` makes it longer for those who want to see it.

use std::time::Duration;

use agent_runner_client::api::Client;
use agent_runner_domain::{JobId, job::Status};
use agent_runner_testkit::{FaultProxy, Faults, Outage};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{fargate::Fargate, refused, wait_until_ready};
use crate::{
    PATIENCE,
    installation::Installation,
    orchestrator::{BY_ECS, Orchestrator},
    result, running, submit,
};

const LENGTH: Duration = Duration::from_secs(8);

fn manners() -> [Outage; 3] {
    [Outage::Cut, Outage::Failed, Outage::Throttled]
}

fn echo(message: &str, delay: Duration) -> Value {
    let payload = json!({"message": message, "delay_ms": delay.as_millis()});
    json!({"job_type": "echo", "payload": payload, "max_attempts": 1})
}

/// More than the table takes, so it is kept in the bucket, and so is the result.
fn large(delay: Duration) -> Value {
    echo(&"x".repeat(100_000), delay)
}

async fn lasts() {
    #[expect(clippy::disallowed_methods, reason = "how long is decided from outside")]
    let seconds = std::env::var("AGENT_RUNNER_OUTAGE_SECONDS").ok();
    let seconds = seconds.map(|text| Duration::from_secs(text.parse().expect("it is a number")));
    sleep(seconds.unwrap_or(LENGTH)).await;
}

async fn proxy(installation: &Installation) -> FaultProxy {
    FaultProxy::start(installation.upstream(), 0, Faults::NONE).await
}

fn behind(installation: &Installation, proxy: &FaultProxy) -> Orchestrator {
    installation.orchestrator_with(&[("AWS_ENDPOINT_URL", &proxy.url())])
}

/// It succeeds soon, and no attempt was lost to the outage.
async fn goes_on(client: &Client, id: JobId) -> Value {
    let found = timeout(PATIENCE, result(client, id)).await.expect("work goes on by itself");
    assert_eq!(client.job(id).await.unwrap().attempt, 1);
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn without_dynamodb_nothing_is_accepted_and_what_runs_goes_on() {
    let installation = Installation::new().await;
    let proxy = proxy(&installation).await;
    let orchestrator = behind(&installation, &proxy);
    let client = &orchestrator.client;
    for manner in manners() {
        let id = submit(client, &echo("hi", Duration::from_secs(3))).await;
        running(client, id).await;
        proxy.fail("dynamodb", manner);
        refused(client, &echo("no", Duration::ZERO)).await;
        lasts().await;
        proxy.repair("dynamodb");
        wait_until_ready(client).await;
        assert_eq!(goes_on(client, id).await["echoed_message"], "hi");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_s3_only_large_payloads_are_refused_and_a_large_result_waits() {
    let installation = Installation::new().await;
    let proxy = proxy(&installation).await;
    let orchestrator = behind(&installation, &proxy);
    let client = &orchestrator.client;
    for manner in manners() {
        // Whether the outage meets it before it has read its payload, or at its end, is not known.
        let id = submit(client, &large(Duration::from_secs(5))).await;
        running(client, id).await;
        proxy.fail("s3", manner);
        refused(client, &large(Duration::ZERO)).await;
        let small = submit(client, &echo("small", Duration::ZERO)).await;
        assert_eq!(goes_on(client, small).await["echoed_message"], "small");
        lasts().await;
        assert_eq!(client.job(id).await.unwrap().status, Status::Running, "it has no result yet");
        proxy.repair("s3");
        goes_on(client, id).await;
        let next = submit(client, &large(Duration::ZERO)).await;
        goes_on(client, next).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sqs_jobs_are_accepted_and_run_afterwards() {
    let installation = Installation::new().await;
    let proxy = proxy(&installation).await;
    let orchestrator = behind(&installation, &proxy);
    let client = &orchestrator.client;
    for manner in manners() {
        proxy.fail("sqs", manner);
        let id = submit(client, &echo("later", Duration::ZERO)).await;
        lasts().await;
        assert_eq!(client.job(id).await.unwrap().status, Status::Queued);
        proxy.repair("sqs");
        assert_eq!(goes_on(client, id).await["echoed_message"], "later");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_secrets_manager_a_job_that_needs_a_key_waits_for_it() {
    let (installation, _simulator) = Installation::with_models().await;
    let proxy = proxy(&installation).await;
    let orchestrator = behind(&installation, &proxy);
    let client = &orchestrator.client;
    for manner in manners() {
        proxy.fail("secretsmanager", manner);
        let chat =
            json!({"job_type": "claude_chat", "payload": {"prompt": "hi"}, "max_attempts": 1});
        let chat = submit(client, &chat).await;
        let other = submit(client, &echo("no key", Duration::ZERO)).await;
        assert_eq!(goes_on(client, other).await["echoed_message"], "no key");
        running(client, chat).await;
        lasts().await;
        assert_eq!(client.job(chat).await.unwrap().status, Status::Running);
        proxy.repair("secretsmanager");
        goes_on(client, chat).await;
    }
}

/// Launches that nobody answered have numbers, too, so these are compared by who pays.
#[tokio::test(flavor = "multi_thread")]
async fn without_ecs_jobs_are_accepted_and_launched_afterwards_at_nobodys_expense() {
    let installation = Installation::new().await;
    let _fargate = Fargate::start(&installation);
    let proxy = proxy(&installation).await;
    let url = proxy.url();
    let orchestrator =
        installation.orchestrator_with(&[("AWS_ENDPOINT_URL", &url), (BY_ECS, "yes")]);
    let client = &orchestrator.client;
    for manner in manners() {
        proxy.fail("ecs", manner);
        let id = submit(client, &echo("later", Duration::ZERO)).await;
        lasts().await;
        assert!(!client.job(id).await.unwrap().status.is_final());
        proxy.repair("ecs");
        let found = timeout(PATIENCE, result(client, id)).await.expect("work goes on by itself");
        assert_eq!(found["echoed_message"], "later");
        for attempt in client.attempts(id).await.unwrap() {
            assert_eq!(attempt.cause, None, "it is paid for: {attempt:?}");
        }
    }
}
