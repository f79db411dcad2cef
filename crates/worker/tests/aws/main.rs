//! Jobs from end to end on AWS: orchestrators as processes that can be killed, the real worker with nothing but its
//! task's environment, and an emulator behind all of them.
//!
//! Workers are child processes here, where real installations have Fargate start containers; everything else is the
//! real thing. With `AGENT_RUNNER_TEST_WORKER_IMAGE` they are containers, too, which the emulator's ECS starts:
//! `scripts/test-aws` runs all with child processes, `scripts/test-docker` some with containers.

#![expect(clippy::unwrap_used, reason = "the harness is part of each test")]

mod bulk;
mod containers;
mod crashes;
mod families;
mod installation;
mod journal;
mod life;
mod news;
mod orchestrator;
mod outage;
mod soak;
mod wrong;

use std::time::Duration;

use agent_runner_api_types::JobView;
use agent_runner_client::api::Client;
use agent_runner_domain::{JobId, job::Status};
use serde_json::Value;
use tokio::time::{Instant, sleep};

/// An emulator on a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(3);

/// Hands a job in.
async fn submit(client: &Client, job: &Value) -> JobId {
    submit_all(client, std::slice::from_ref(job)).await[0]
}

/// Hands jobs in with one call.
async fn submit_all(client: &Client, jobs: &[Value]) -> Vec<JobId> {
    let lines: String = jobs.iter().map(|job| job.to_string() + "\n").collect();
    let answer = client.submit_bulk(lines, None).await.unwrap();
    let id = |line: agent_runner_api_types::BulkLine| {
        let problem = line.problem;
        line.job.unwrap_or_else(|| panic!("refused: {problem:?}")).job_id
    };
    answer.lines.into_iter().map(id).collect()
}

/// The job as it ends.
async fn ended(client: &Client, id: JobId) -> JobView {
    seen(client, id, |job| job.status.is_final()).await
}

/// The job once it is like that.
async fn seen(client: &Client, id: JobId, wanted: impl Fn(&JobView) -> bool) -> JobView {
    let end = Instant::now() + PATIENCE;
    loop {
        let job = client.job(id).await.unwrap();
        if wanted(&job) {
            return job;
        }
        assert!(Instant::now() < end, "{id} stays as it is: {job:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn running(client: &Client, id: JobId) -> JobView {
    seen(client, id, |job| job.status == Status::Running).await
}

/// The job's result; it must have succeeded.
async fn result(client: &Client, id: JobId) -> Value {
    let job = ended(client, id).await;
    assert_eq!(job.status, Status::Succeeded, "{job:?}");
    serde_json::from_str(client.result(id).await.unwrap().get()).unwrap()
}
