//! Jobs that start jobs, without an orchestrator in between.

use serde_json::json;
use tokio::time::Instant;

use crate::{installation::Installation, orchestrator::worker_image, result, submit};

/// Keys come from Secrets Manager, children through the table and the queue, and the last child's end wakes the
/// parent: all by the workers themselves.
#[tokio::test]
async fn an_agent_starts_a_job_and_goes_on_when_it_has_ended() {
    let (installation, _simulator) = Installation::with_models().await;
    let orchestrator = installation.orchestrator();
    let child = json!({"job_type": "echo", "payload": {"message": "hi", "delay_ms": 1_000}});
    let payload = json!({
        "prompt": format!("Use submit_job {child} and then wait_for_jobs."),
        "tools": ["submit_job", "wait_for_jobs"],
    });
    let began = Instant::now();
    let id =
        submit(&orchestrator.client, &json!({"job_type": "tool_agent", "payload": payload})).await;
    let found = result(&orchestrator.client, id).await;
    let told: serde_json::Value =
        serde_json::from_str(found["tool_calls"][1]["output"].as_str().unwrap()).unwrap();
    assert_eq!(told[0]["result"]["echoed_message"], "hi", "{found}");
    // Containers take their time to start.
    let limit = if worker_image().is_some() { 60 } else { 25 };
    assert!(
        began.elapsed().as_secs() < limit,
        "the parent looked by itself: {:?}",
        began.elapsed()
    );
}
