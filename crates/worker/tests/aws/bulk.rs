//! Many jobs at once.

use std::{collections::HashSet, time::Duration};

use agent_runner_api_types::JobPage;
use agent_runner_client::api::Filter;
use agent_runner_domain::job::Status;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{PATIENCE, installation::Installation, orchestrator::Orchestrator, submit_all};

const JOBS: usize = 1_000;

#[tokio::test]
async fn a_thousand_jobs_are_shared_by_two_orchestrators_and_each_runs_once() {
    let installation = Installation::new().await;
    let (one, other) = (installation.orchestrator(), installation.orchestrator());
    let jobs: Vec<_> = (0..JOBS)
        .map(|number| json!({"job_type": "echo", "payload": {"message": number.to_string()}}))
        .collect();
    let ids = submit_all(&one.client, &jobs).await;
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), JOBS);
    let end = Instant::now() + PATIENCE * 4;
    for status in [Status::Queued, Status::Launching, Status::Running] {
        while !page(&other, status, None).await.jobs.is_empty() {
            assert!(Instant::now() < end, "some are still {status}");
            sleep(Duration::from_secs(3)).await;
        }
    }
    let mut done = Vec::new();
    let mut cursor = None;
    loop {
        let page = page(&other, Status::Succeeded, cursor).await;
        done.extend(page.jobs);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(done.len(), JOBS, "all have succeeded");
    let again: Vec<_> = done.iter().filter(|job| job.attempt != 1).map(|job| job.job_id).collect();
    assert!(again.is_empty(), "these ran more than once: {again:?}");
}

async fn page(orchestrator: &Orchestrator, status: Status, cursor: Option<String>) -> JobPage {
    let limit = if status.is_final() { 500 } else { 1 };
    let filter = Filter { status: Some(status), limit: Some(limit), ..Filter::default() };
    orchestrator.client.jobs(&filter, cursor.as_deref()).await.unwrap()
}
