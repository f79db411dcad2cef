//! DynamoDB is away when a worker starts.

use std::{process::Stdio, time::Duration};

use agent_runner_domain::{JobId, Lease};
use agent_runner_testkit::{FaultProxy, Faults, Outage};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{PATIENCE, installation::Installation};

/// Longer than the SDK tries one call.
const LENGTH: Duration = Duration::from_secs(35);
/// The attempt no longer holds the job.
const LEASE_LOST: i32 = 75;

/// Of a job that nobody has submitted.
fn worker(installation: &Installation, url: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agent-runner-worker"));
    command.env_clear().envs(installation.common_variables()).env("AWS_ENDPOINT_URL", url);
    let (id, lease) = (JobId::from_u128(1).to_string(), Lease::from_u128(1).reveal());
    command.env("JOB_ID", id).env("JOB_ATTEMPT", "1").env("JOB_LEASE", lease);
    command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_starts_without_dynamodb_waits_until_it_is_back() {
    let installation = Installation::new().await;
    let proxy = FaultProxy::start(installation.upstream(), 0, Faults::NONE).await;
    proxy.fail("dynamodb", Outage::Failed);
    let mut worker = worker(&installation, &proxy.url());
    let early = timeout(LENGTH, worker.wait()).await;
    assert!(early.is_err(), "it has given up: {early:?}");
    proxy.repair("dynamodb");
    let end = timeout(PATIENCE, worker.wait()).await.expect("it is answered").unwrap();
    assert_eq!(end.code(), Some(LEASE_LOST));
}
