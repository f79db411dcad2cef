//! The program over real sockets: what the router alone cannot show.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod call;
mod link;
mod start;
mod stream;
mod wire;

use std::path::Path;

use agent_runner_orchestrator::program::{self, Config, RunningServer};
use serde_json::{Value, json};

/// A server that takes jobs and starts none.
async fn server(data: &Path) -> RunningServer {
    program::start(config(data)).await.unwrap()
}

fn config(data: &Path) -> Config {
    Config::embedded(data.to_owned(), Some(vec!["worker".into()]), false)
}

async fn submit(server: &RunningServer) -> String {
    let body = json!({"job_type": "echo", "payload": {"message": "hi"}}).to_string();
    let answer = post(server, "/jobs", body).await;
    answer["job_id"].as_str().unwrap().to_owned()
}

async fn post(server: &RunningServer, path: &str, body: String) -> Value {
    let request =
        client().post(format!("{}{path}", server.url())).header("content-type", "application/json");
    let text = request.body(body).send().await.unwrap().text().await.unwrap();
    serde_json::from_str(&text).unwrap()
}

async fn get(server: &RunningServer, path: &str) -> Value {
    let answer = client().get(format!("{}{path}", server.url())).send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let patience = std::time::Duration::from_secs(10);
    reqwest::Client::builder().timeout(patience).build().unwrap()
}
