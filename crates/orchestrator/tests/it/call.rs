//! The two commands by which the program asks the server beside it: what a container has instead of curl.

use std::{
    io::Write,
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::server;

/// What the program says when it is started like this, with what it reads.
fn asked(url: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_agent-runner-orchestrator"))
        .env_clear()
        .env("AGENT_RUNNER_LISTEN", url.trim_start_matches("http://"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have refused before it read anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_handed_in_and_read_from_the_container_itself() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let job = r#"{"job_type":"echo","payload":{"message":"it's \"here\""}}"#;

    let given = asked(server.url(), &["call", "POST", "/jobs", job], "");
    assert!(given.status.success(), "{}", text(&given.stderr));
    let view: Value = serde_json::from_slice(&given.stdout).unwrap();
    let path = format!("/jobs/{}", view["job_id"].as_str().unwrap());

    let read = asked(server.url(), &["call", "POST", "/jobs", "-"], job);
    assert!(read.status.success(), "{}", text(&read.stderr));

    // {"job_type":"echo","payload":{"message":"hi"}}
    let base64 = "eyJqb2JfdHlwZSI6ImVjaG8iLCJwYXlsb2FkIjp7Im1lc3NhZ2UiOiJoaSJ9fQ==";
    let arguments = ["call", "--with-status", "--base64", "--header", "Idempotency-Key: 7"];
    for _ in 0..2 {
        let sent = asked(server.url(), &[&arguments[..], &["POST", "/jobs", base64]].concat(), "");
        assert!(sent.status.success(), "{}", text(&sent.stderr));
        assert!(text(&sent.stdout).trim_end().lines().last().unwrap().starts_with("HTTP 20"));
    }

    let seen = asked(server.url(), &["call", "GET", &path], "");
    assert_eq!(serde_json::from_slice::<Value>(&seen.stdout).unwrap()["status"], "QUEUED");
    let list = asked(server.url(), &["call", "GET", "/jobs?limit=10"], "");
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list["jobs"].as_array().unwrap().len(), 3);
    assert!(asked(server.url(), &["health"], "").status.success());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_with_its_fix_and_an_exit_code() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let unknown = r#"{"job_type":"ecko","payload":{}}"#;

    let refused = asked(server.url(), &["call", "POST", "/jobs", unknown], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("unknown_job_type"), "{}", text(&refused.stderr));
    assert!(serde_json::from_slice::<Value>(&refused.stdout).unwrap()["code"].is_string());

    let status = asked(server.url(), &["call", "--with-status", "GET", "/nowhere"], "");
    assert_eq!((status.status.code(), text(&status.stderr)), (Some(1), ""));
    assert!(text(&status.stdout).ends_with("\nHTTP 404\n"), "{}", text(&status.stdout));

    for wrong in [
        &["call", "GET", "jobs"][..],
        &["call", "GET"],
        &["call", "GET", "/jobs", "--base64"],
        &["call", "GET", "/jobs", "--header", "none"],
    ] {
        assert_eq!(asked(server.url(), wrong, "").status.code(), Some(2), "{wrong:?}");
    }
    let spoilt = asked(server.url(), &["call", "POST", "/jobs", "{}", "--base64"], "");
    assert!(text(&spoilt.stderr).contains("no base64"), "{}", text(&spoilt.stderr));
    server.stop().await;
}

#[test]
fn where_nobody_listens_nothing_is_healthy() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for arguments in [&["health"][..], &["call", "GET", "/jobs"]] {
        let alone = asked(&port.to_string(), arguments, "");
        assert_eq!(alone.status.code(), Some(1));
        assert!(text(&alone.stderr).contains(&port.to_string()), "{}", text(&alone.stderr));
    }
    let any = asked("127.0.0.1:0", &["health"], "");
    assert!(text(&any.stderr).contains("--listen"), "{}", text(&any.stderr));
}

#[test]
fn a_server_that_is_silent_is_not_healthy() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let sick = asked(&silent.local_addr().unwrap().to_string(), &["health"], "");
    assert_eq!(sick.status.code(), Some(1));
    assert!(text(&sick.stderr).contains("has not answered"), "{}", text(&sick.stderr));
}
