//! Many jobs at once, by the bulk call.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use agent_runner_api_types::BulkAnswer;
use agent_runner_domain::JobId;
use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::wire::{self, Connection};

/// A job as small as a job can be.
pub(super) const JOB: &str = r#"{"job_type":"echo","payload":{"message":"hello"}}"#;
const BULK_MAX: usize = 10_000;
/// All statuses of jobs that are not final, but for BLOCKED, which no job here is.
const OPEN: [&str; 3] = ["QUEUED", "LAUNCHING", "RUNNING"];

/// Submits `count` jobs and returns their ids in the order of submission.
pub(super) async fn submit(address: SocketAddr, count: usize) -> anyhow::Result<Vec<JobId>> {
    let mut connection = Connection::open(address).await?;
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let wanted = BULK_MAX.min(count - ids.len());
        ids.extend(bulk(&mut connection, &request(address, wanted)).await?);
    }
    Ok(ids)
}

pub(super) fn request(address: SocketAddr, count: usize) -> Vec<u8> {
    let lines = format!("{JOB}\n").repeat(count);
    wire::post(address, "/jobs/bulk", "application/x-ndjson", &lines)
}

pub(super) async fn bulk(
    connection: &mut Connection,
    request: &[u8],
) -> anyhow::Result<Vec<JobId>> {
    let answer: BulkAnswer = serde_json::from_slice(connection.expect(request, 200).await?)?;
    ensure!(answer.refused == 0, "{} jobs of a bulk were refused", answer.refused);
    let ids = answer.lines.into_iter().map(|line| Some(line.job?.job_id));
    ids.collect::<Option<_>>().context("a line of a bulk without its job")
}

/// Waits until the job is final.
pub(super) async fn ended(
    connection: &mut Connection,
    address: SocketAddr,
    id: JobId,
) -> anyhow::Result<()> {
    let request = wire::get(address, &format!("/jobs/{id}?wait=25"));
    loop {
        let job: serde_json::Value =
            serde_json::from_slice(connection.expect(&request, 200).await?)?;
        let status = job["status"].as_str().unwrap_or_default();
        if status != "BLOCKED" && !OPEN.contains(&status) {
            ensure!(status == "SUCCEEDED", "{id} ended as {status}");
            return Ok(());
        }
    }
}

/// Waits until every job is final.
pub(super) async fn all_ended(
    connection: &mut Connection,
    address: SocketAddr,
) -> anyhow::Result<()> {
    for status in OPEN {
        let request = wire::get(address, &format!("/jobs?limit=1&status={status}"));
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let page: serde_json::Value =
                serde_json::from_slice(connection.expect(&request, 200).await?)?;
            if page["jobs"].as_array().is_some_and(Vec::is_empty) {
                break;
            }
            ensure!(Instant::now() < end, "jobs stay {status}");
            sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(())
}
