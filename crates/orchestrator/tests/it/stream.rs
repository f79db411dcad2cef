//! Server-sent events, live.

use agent_runner_orchestrator::program::RunningServer;
use reqwest::Response;

use crate::{client, post, server, submit};

async fn open(server: &RunningServer, job: &str, last: Option<&str>) -> Response {
    let request = client().get(format!("{}/jobs/{job}/events", server.url()));
    let request = request.header("accept", "text/event-stream");
    let request = match last {
        Some(last) => request.header("last-event-id", last),
        None => request,
    };
    request.send().await.unwrap()
}

/// Reads until the text holds `part`, or to the end of the stream.
async fn until(stream: &mut Response, part: &str) -> String {
    let mut text = String::new();
    while !text.contains(part) {
        let Some(chunk) = stream.chunk().await.unwrap() else { break };
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    text
}

#[tokio::test]
async fn a_stream_tells_news_as_they_happen_and_can_be_resumed() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let job = submit(&server).await;
    let mut stream = open(&server, &job, None).await;
    assert!(until(&mut stream, "id: 1").await.contains("QUEUED"));
    post(&server, &format!("/jobs/{job}/cancel"), String::new()).await;
    let rest = until(&mut stream, "event: end").await;
    assert!(rest.contains("CANCELLED") && rest.contains("id: 2"), "{rest}");

    let resumed = open(&server, &job, Some("1")).await.text().await.unwrap();
    assert!(!resumed.contains("id: 1\n") && resumed.contains("id: 2\n"), "{resumed}");
    assert!(resumed.trim_end().ends_with("data: {\"status\":\"CANCELLED\"}"), "{resumed}");
    server.stop().await;
}

#[tokio::test]
async fn streams_and_waits_end_when_the_server_stops() {
    let data = tempfile::tempdir().unwrap();
    let server = server(data.path()).await;
    let job = submit(&server).await;
    let mut stream = open(&server, &job, None).await;
    until(&mut stream, "id: 1").await;
    let waiting = client().get(format!("{}/jobs/{job}?wait=20", server.url())).send();
    let waiting = tokio::spawn(waiting);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    server.stop().await;
    assert!(!until(&mut stream, "event: end").await.contains("event: end"));
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
}
