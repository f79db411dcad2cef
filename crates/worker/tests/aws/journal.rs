//! What the programs print of jobs that really run, counted by the infrastructure's metric filters.

use std::{collections::BTreeMap, fs};

use agent_runner_domain::job::Status;
use agent_runner_testkit::metric_filters::{Reading, read_all};
use serde_json::{Value, json};

use crate::{
    ended,
    installation::Installation,
    orchestrator::{WORKER_LOG, worker_image},
    result, running, submit,
};

type Counted = BTreeMap<String, Vec<Reading>>;

#[tokio::test]
async fn orchestrators_and_workers_together_tell_each_thing_once() {
    if worker_image().is_some() {
        return; // What containers print goes elsewhere.
    }
    let (installation, _simulator) = Installation::with_models().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("workers");
    let orchestrator = installation.orchestrator_with(&[(WORKER_LOG, log.to_str().unwrap())]);
    let client = &orchestrator.client;

    let child = json!({"job_type": "echo", "payload": {"message": "hi"}});
    let agent = json!({"job_type": "tool_agent", "payload": {
        "prompt": format!("Use submit_job {child} and then wait_for_jobs."),
        "tools": ["submit_job", "wait_for_jobs"],
    }});
    let command = |args: &[&str]| {
        let payload = json!({"program": "sh", "args": args});
        json!({"job_type": "command", "payload": payload, "max_attempts": 1})
    };
    let agent = submit(client, &agent).await;
    let broken = submit(client, &command(&["-c", "exit 3"])).await;
    let endless = submit(client, &command(&["-c", "sleep 600"])).await;
    running(client, endless).await;
    client.cancel(endless).await.unwrap();
    result(client, agent).await;
    let cost = client.job(agent).await.unwrap().cost.model_usd;
    assert_eq!(ended(client, broken).await.status, Status::Failed);
    let told_orchestrator = orchestrator.stop();
    let told_workers = fs::read_to_string(&log).unwrap();

    let (of_orchestrator, of_workers) = (read_all(&told_orchestrator), read_all(&told_workers));
    let count = |read: &Counted, metric: &str| read[metric].len();
    for (metric, orchestrators, workers) in [
        ("JobsSubmitted", 3, 1),
        ("JobsEnded", 1, 3),
        ("JobsFailed", 0, 1),
        ("LaunchesFailed", 0, 0),
    ] {
        let found = (count(&of_orchestrator, metric), count(&of_workers, metric));
        assert_eq!(
            found,
            (orchestrators, workers),
            "{metric}\n{told_orchestrator}\n{told_workers}"
        );
    }
    // The agent waited for its child and began again.
    assert_eq!(count(&of_workers, "LaunchSeconds"), 5, "{told_workers}");
    let spent: f64 = of_workers["ModelSpendDollars"].iter().map(|found| found.value).sum();
    assert!((spent - cost).abs() < 1e-9, "{spent} was told and {cost} was charged");
    let ends = of_workers["JobsEndedByCause"].iter().chain(&of_orchestrator["JobsEndedByCause"]);
    let ends = ends.map(|end| (end.dimensions["Status"].clone(), end.dimensions["Cause"].clone()));
    let mut ends: Vec<_> = ends.collect();
    ends.sort();
    let expected = [
        ("CANCELLED", "cancelled"),
        ("FAILED", "handler_error"),
        ("SUCCEEDED", "none"),
        ("SUCCEEDED", "none"),
    ];
    let expected = expected.map(|(status, cause)| (status.to_owned(), cause.to_owned()));
    assert_eq!(ends, expected);
    // What a worker says of itself as it exits is a sentence.
    for line in told_workers.lines().filter(|line| !line.starts_with("agent-runner-worker: ")) {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "no JSON: {line}");
    }
}
