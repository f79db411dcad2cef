//! Starting, and what keeps from it: one clear sentence each.

use std::fs;

use agent_runner_orchestrator::program::{self, Config};

use crate::{config, get, server, submit};

/// The sentence that a start with this configuration ends with.
async fn refusal(config: Config) -> String {
    match program::start(config).await {
        Ok(server) => panic!("it started at {}", server.url()),
        Err(error) => format!("{error:#}"),
    }
}

#[tokio::test]
async fn jobs_outlive_their_server() {
    let data = tempfile::tempdir().unwrap();
    let first = server(data.path()).await;
    let job = submit(&first).await;
    first.stop().await;
    let second = server(data.path()).await;
    assert_eq!(get(&second, &format!("/jobs/{job}")).await["status"], "QUEUED");
    second.stop().await;
}

#[tokio::test]
async fn a_second_owner_is_told_who_the_first_is() {
    let data = tempfile::tempdir().unwrap();
    let first = server(data.path()).await;
    assert_eq!(program::owner_url(data.path()).as_deref(), Some(first.url()));
    let text = refusal(config(data.path())).await;
    assert!(text.contains(first.url()) && text.contains(&std::process::id().to_string()), "{text}");
    first.stop().await;
    assert_eq!(program::owner_url(data.path()), None);
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = server(one.path()).await;
    let mut config = config(two.path());
    config.args.server.listen = first.url().trim_start_matches("http://").parse().unwrap();
    let text = refusal(config).await;
    assert!(text.contains("is taken") && text.contains("--listen"), "{text}");
    first.stop().await;
}

#[tokio::test]
async fn folders_and_databases_that_cannot_be_used_are_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, "x").unwrap();
    let text = refusal(config(&file.join("below"))).await;
    assert!(text.contains("data folder"), "{text}");
    fs::write(
        data.path().join("agent-runner.sqlite3"),
        "this is no database, but long enough to be read",
    )
    .unwrap();
    let text = refusal(config(data.path())).await;
    assert!(text.contains("agent-runner.sqlite3") && text.contains("move it away"), "{text}");
}

#[tokio::test]
async fn nobody_is_let_in_from_outside_without_keys() {
    let data = tempfile::tempdir().unwrap();
    let mut open = config(data.path());
    open.args.server.listen = "0.0.0.0:0".parse().unwrap();
    assert!(refusal(open.clone()).await.contains("--api-keys"));
    let keys = data.path().join("keys.jsonl");
    open.args.server.api_keys = Some(keys.clone());
    assert!(refusal(open.clone()).await.contains("keys.jsonl cannot be read"));
    fs::write(&keys, "[]").unwrap();
    assert!(refusal(open.clone()).await.contains("holds no keys"));
    let key = program::new_key("ci", "default".parse().unwrap(), vec![program::Scope::Read]);
    fs::write(&keys, serde_json::to_string(&key.entry).unwrap()).unwrap();
    let server = program::start(open).await.unwrap();
    let url = server.url().replace("0.0.0.0", "127.0.0.1");
    let ask = async |key: &str| {
        let request = crate::client().get(format!("{url}/jobs")).header("x-api-key", key);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((ask(&key.key).await, ask("ark_no").await), (200, 401));
    server.stop().await;
}
