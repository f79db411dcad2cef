//! What handlers want while they run, by the worker's own client over real sockets.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use agent_runner_client::link::{Gateway, GatewayLink};
use agent_runner_domain::{
    JobId, Money, RawJson,
    job::{Status, Verdict},
    ports::{
        AccountId, ArtifactName, CallKey, Charge, ChildOrder, LaunchKey, LinkError, Reserved,
        SpendAsk, Ticket, Tokens, WorkerLink,
    },
};
use agent_runner_orchestrator::program::{self, Config};
use serde_json::{Value, json};

use crate::{RunningServer, get, post};

const PATIENCE: Duration = Duration::from_secs(20);

/// A server whose workers write down their ticket and leave the talking to the test.
async fn server(data: &Path) -> RunningServer {
    let worker = data.join("worker.sh");
    let folder = data.display();
    let script = format!(
        "#!/bin/sh\necho \"$JOB_ATTEMPT $JOB_LEASE\" > '{folder}/new'-$JOB_ID\n\
         mv '{folder}/new'-$JOB_ID '{folder}/ticket'-$JOB_ID\n\
         while [ -e '{folder}' ]; do sleep 0.1; done\n"
    );
    fs::write(&worker, script).unwrap();
    fs::set_permissions(&worker, fs::Permissions::from_mode(0o700)).unwrap();
    let mut config = Config::embedded(data.to_owned(), None, true);
    config.args.workers.worker = Some(worker);
    program::start(config).await.unwrap()
}

/// What the worker of the job has written down.
async fn ticket(data: &Path, job: JobId) -> Ticket {
    let path = data.join(format!("ticket-{job}"));
    let written = async {
        while !path.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("the worker is started");
    let text = fs::read_to_string(path).unwrap();
    let (attempt, lease) = text.trim().split_once(' ').unwrap();
    let key = LaunchKey { job, attempt: attempt.parse().unwrap() };
    Ticket { key, lease: lease.parse().unwrap() }
}

async fn submit(server: &RunningServer, fields: Value) -> JobId {
    let mut job = json!({"job_type": "echo", "payload": {"message": "hi"}});
    job.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    post(server, "/jobs", job.to_string()).await["job_id"].as_str().unwrap().parse().unwrap()
}

/// A running attempt and its link by the Unix socket.
async fn running(server: &RunningServer, data: &Path, fields: Value) -> (Ticket, GatewayLink) {
    let ticket = ticket(data, submit(server, fields).await).await;
    let socket = format!("unix:{}", data.join("worker.sock").display());
    let link = Gateway::new(socket.parse().unwrap()).link(ticket);
    link.start(None).await.unwrap();
    (ticket, link)
}

fn ask(dollars: f64) -> SpendAsk {
    let most = Money::from_dollars(dollars);
    SpendAsk { provider: "anthropic".into(), model: "claude".into(), most }
}

fn charge(dollars: f64) -> Charge {
    let tokens = Tokens { input: 3, output: 4, ..Tokens::default() };
    Charge { model: "claude-1".into(), cost: Money::from_dollars(dollars), tokens }
}

fn refused<T: std::fmt::Debug>(answer: Result<T, LinkError>) -> String {
    match answer {
        Err(LinkError::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn money_is_held_and_spent_by_the_link() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let (own, link) = running(&server, data.path(), json!({"budget_usd": 1})).await;
    let key = |call| CallKey { job: own.key.job, attempt: 1, call };
    for _ in 0..2 {
        assert_eq!(link.reserve(1, ask(0.75)).await.unwrap(), Reserved::Granted);
    }
    let Reserved::Exceeded(short) = link.reserve(2, ask(0.5)).await.unwrap() else {
        panic!("there is no room for it");
    };
    assert_eq!(short.account, AccountId::Job(own.key.job));
    assert_eq!((short.limit.dollars(), short.held.dollars()), (1.0, 0.75));
    let unpriced = SpendAsk { most: None, ..ask(0.0) };
    assert!(matches!(link.reserve(2, unpriced).await.unwrap(), Reserved::NoPrice { .. }));
    for _ in 0..2 {
        link.settle(key(1), charge(0.25)).await.unwrap();
    }
    link.settle(key(9), charge(0.25)).await.unwrap();
    let other = CallKey { job: JobId::from_u128(1), ..key(1) };
    refused(link.settle(other, charge(0.25)).await);

    let job = get(&server, &format!("/jobs/{}", own.key.job)).await;
    assert_eq!((&job["cost"]["total_usd"], &job["cost"]["held_usd"]), (&json!(0.25), &json!(0.0)));
    let report = get(&server, "/costs?by=model").await;
    assert_eq!(report["rows"][0]["key"], "anthropic/claude-1");
    server.stop().await;
}

#[tokio::test]
async fn steps_and_files_come_back_byte_for_byte() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let (own, link) = running(&server, data.path(), json!({})).await;
    let text = |text: &str| RawJson::parse(text.to_owned()).unwrap();
    let largest = RawJson::of(&"x".repeat((8 << 20) - 2)).unwrap();
    let steps =
        [("ü/\"1\"", text("{\"b\": 1.0,  \"a\":null}")), ("2", text("null")), ("3", largest)];
    for (key, value) in &steps {
        link.record_step(key, value.clone()).await.unwrap();
    }
    link.record_step("2", text("[\"too late\"]")).await.unwrap();
    let kept: Vec<_> = steps.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    assert!(link.steps().await.unwrap() == kept);
    let larger = RawJson::of(&"x".repeat((8 << 20) - 1)).unwrap();
    assert!(refused(link.record_step("4", larger).await).contains("bytes"));
    refused(link.record_step("", text("1")).await);

    let name: ArtifactName = "out/a b%c?.txt".parse().unwrap();
    let content = vec![0, 159, 146, 150];
    link.put_artifact(&name, content.clone()).await.unwrap();
    let own = own.key.job;
    assert_eq!(link.get_artifact(own, &name).await.unwrap(), Some(content));
    let empty: ArtifactName = "empty".parse().unwrap();
    assert_eq!(link.get_artifact(own, &empty).await.unwrap(), None);
    link.put_artifact(&empty, Vec::new()).await.unwrap();
    assert_eq!(link.get_artifact(own, &empty).await.unwrap(), Some(Vec::new()));
    assert_eq!(link.get_artifact(JobId::from_u128(1), &name).await.unwrap(), None);
    server.stop().await;
}

#[tokio::test]
async fn children_are_started_once_and_seen_to_their_end() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let (own, link) = running(&server, data.path(), json!({})).await;
    let order = |key: &str, payload: Value| ChildOrder {
        key: key.to_owned(),
        job_type: "echo".to_owned(),
        payload: RawJson::from(&payload),
        tags: [("team".to_owned(), "red".to_owned())].into(),
        budget: Money::from_dollars(2.0),
        timeout_ms: Some(5_000),
        priority: None,
    };
    let orders = vec![order("a", json!({"message": "hi"})), order("b", json!({"massage": 1}))];
    let answers = link.submit(orders.clone()).await.unwrap();
    let child = *answers[0].as_ref().unwrap();
    let faults = answers[1].as_ref().unwrap_err();
    assert!(faults.iter().any(|fault| fault.path.starts_with("/payload")), "{faults:?}");
    assert_eq!(link.submit(orders).await.unwrap()[0], Ok(child), "the same key is the same child");
    let job = get(&server, &format!("/jobs/{child}")).await;
    assert_eq!((&job["budget_usd"], &job["timeout_seconds"]), (&json!(2.0), &json!(5.0)));
    assert_eq!(job["parent"], own.key.job.to_string());

    let run = ticket(data.path(), child).await;
    let worker = Gateway::new(server.url().parse().unwrap()).link(run);
    worker.start(None).await.unwrap();
    let null = RawJson::from(&Value::Null);
    worker.finish(Verdict::Succeeded, Some(null.clone()), 1, Vec::new()).await.unwrap();
    let stranger = submit(&server, json!({})).await;
    let seen = link.look(vec![stranger, child]).await.unwrap();
    assert!(seen[0].is_none());
    let view = seen[1].as_ref().unwrap();
    assert_eq!(
        (view.job_id, view.status, view.result.as_ref()),
        (child, Status::Succeeded, Some(&null))
    );
    server.stop().await;
}

#[tokio::test]
async fn settings_that_are_not_for_jobs_are_refused_by_name() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let (_, link) = running(&server, data.path(), json!({})).await;
    assert_eq!(link.setting("AGENT_RUNNER_SECRET_NOBODY_HAS_SET").await.unwrap(), None);
    for name in ["PATH", "AGENT_RUNNER_API_KEYS", "", "AGENT_RUNNER_SECRET_A/PATH"] {
        assert!(refused(link.setting(name).await).contains("AGENT_RUNNER_SECRET_"), "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_lost_the_job_hears_so_from_every_call_but_the_one_that_tells_what_was_spent() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let (own, link) = running(&server, data.path(), json!({})).await;
    let job = own.key.job;
    link.reserve(1, ask(0.5)).await.unwrap();
    post(&server, &format!("/jobs/{job}/cancel"), String::new()).await;
    let name: ArtifactName = "a".parse().unwrap();
    let lost = [
        link.reserve(2, ask(0.5)).await.map(drop),
        link.record_step("a", RawJson::from(&Value::Null)).await,
        link.setting("CLAUDE_MODEL").await.map(drop),
        link.get_artifact(job, &name).await.map(drop),
        link.submit(Vec::new()).await.map(drop),
        link.look(vec![job]).await.map(drop),
    ];
    for (at, answer) in lost.into_iter().enumerate() {
        assert!(matches!(answer, Err(LinkError::LeaseLost)), "{at}: {answer:?}");
    }
    link.settle(CallKey { job, attempt: 1, call: 1 }, charge(0.25)).await.unwrap();
    assert_eq!(get(&server, &format!("/jobs/{job}")).await["cost"]["total_usd"], 0.25);
    server.stop().await;
}
