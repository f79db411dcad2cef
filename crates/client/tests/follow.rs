//! A log is told whole and once, however often the connection breaks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use agent_runner_api_types::EventDetail;
use agent_runner_client::api::{ApiError, Client, Followed};
use agent_runner_domain::JobId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

/// A server that answers each connection with the next of these texts and then hangs up.
async fn scripted(answers: Vec<String>) -> (Client, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (seen, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            seen.send(String::from_utf8(request).unwrap()).unwrap();
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (Client::new(&url, None).unwrap(), requests)
}

fn stream(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{body}")
}

fn line(seq: u64) -> String {
    let at = "2026-01-31T12:00:00Z";
    let data = format!(
        r#"{{"seq":{seq},"at":"{at}","attempt":1,"kind":"log","stream":"stdout","line":"{seq}"}}"#
    );
    format!("id: {seq}\nevent: log\ndata: {data}\n\n")
}

const END: &str = "event: end\ndata: {\"status\":\"SUCCEEDED\"}\n\n";

fn job() -> JobId {
    JobId::from_u128(7)
}

async fn told(client: &Client, after: u64) -> (Vec<u64>, usize) {
    let (mut lines, mut lost) = (Vec::new(), 0);
    let mut log = client.follow(job(), after);
    loop {
        match log.next().await.unwrap() {
            Followed::Event(event) => {
                assert!(matches!(event.detail, EventDetail::Log { .. }));
                lines.push(event.seq);
            }
            Followed::Lost { .. } => lost += 1,
            Followed::End => return (lines, lost),
        }
    }
}

#[tokio::test]
async fn it_goes_on_where_the_connection_broke() {
    let half = line(3).replace("\n\n", "");
    let answers = vec![
        stream(&format!("{}: still here\n\n{}{half}", line(1), line(2))),
        "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
        // A server may repeat what it is not sure of.
        stream(&format!("{}{}{}", line(2), line(3), line(4))),
        stream(&format!("{}{END}", line(5))),
    ];
    let (client, mut requests) = scripted(answers).await;
    assert_eq!(told(&client, 0).await, (vec![1, 2, 3, 4, 5], 3));
    let resumed: Vec<_> = std::iter::from_fn(|| requests.try_recv().ok())
        .map(|request| {
            let header = request.lines().find_map(|line| line.strip_prefix("last-event-id: "));
            header.map(str::to_owned)
        })
        .collect();
    let ids = [None, Some("2"), Some("2"), Some("4")].map(|id| id.map(str::to_owned));
    assert_eq!(resumed, ids);
}

#[tokio::test]
async fn what_trying_again_does_not_change_ends_it() {
    let problem = r#"{"type":"/x","title":"There is no such job","status":404,"code":"job_not_found","detail":"there is no job"}"#;
    let answer = format!(
        "HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{problem}",
        problem.len()
    );
    let (client, _requests) = scripted(vec![answer]).await;
    let error = client.follow(job(), 0).next().await.unwrap_err();
    assert!(matches!(error, ApiError::Problem(problem) if problem.code == "job_not_found"));
}

#[tokio::test]
async fn another_program_at_the_address_is_recognised() {
    let page = "HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n<html>hi</html>";
    let (client, _requests) = scripted(vec![page.to_owned()]).await;
    let error = client.health().await.unwrap_err();
    assert!(error.to_string().contains("not agent-runner's: <html>hi</html>"), "{error}");
}

#[tokio::test]
async fn nobody_at_the_address_is_said_with_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let client = Client::new(&format!("http://{free}"), None).unwrap();
    let error = client.health().await.unwrap_err();
    assert!(error.is_passing());
    let text = error.to_string();
    assert!(text.contains(&free.to_string()) && text.contains("refused"), "{text}");
}
