//! Many jobs at once.

use std::collections::HashSet;

use agent_runner_api_types::JobView;
use agent_runner_client::api::Filter;
use agent_runner_domain::job::Status;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{PATIENCE, installation::Installation, submit_all};

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
    let filter = Filter { status: Some(Status::Succeeded), limit: Some(500), ..Filter::default() };
    let mut done: Vec<JobView> = Vec::new();
    while done.len() < JOBS {
        assert!(Instant::now() < end, "{} of {JOBS} are done", done.len());
        sleep(std::time::Duration::from_secs(2)).await;
        (done, _) = (Vec::new(), ());
        let mut cursor = None;
        loop {
            let page = other.client.jobs(&filter, cursor.as_deref()).await.unwrap();
            done.extend(page.jobs);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
    let again: Vec<_> = done.iter().filter(|job| job.attempt != 1).map(|job| job.job_id).collect();
    assert!(again.is_empty(), "these ran more than once: {again:?}");
}
