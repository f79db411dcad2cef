//! Retries, time limits, and what is left alone.

use std::time::{Duration, Instant};

use agent_runner_llm::{Advice, Anthropic, Auth, Error, ErrorKind, Model, Options, Request};

use crate::script::{KEY, Reply, Server, quick};

const GOOD: &str = r#"{"id":"m","model":"claude-x","content":[{"type":"text","text":"ok"}],"stop_reason":"end_turn"}"#;

fn refusal(status: u16, headers: &str) -> Reply {
    let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"},"request_id":"req_b"}"#;
    Reply::json(status, headers, body)
}

async fn ask(client: &Anthropic) -> Result<String, Error> {
    let request = Request::new("claude-x", 9).user("hi");
    let answer = client.complete(&request);
    let answer =
        tokio::time::timeout(Duration::from_secs(30), answer).await.expect("nothing hangs");
    answer.map(|response| response.text())
}

const AT_ONCE: &str = "retry-after-ms: 5\r\n";

#[tokio::test]
async fn two_failures_are_survived_and_a_third_is_not() {
    let server =
        Server::start([refusal(529, AT_ONCE), refusal(500, AT_ONCE), Reply::json(200, "", GOOD)])
            .await;
    assert_eq!(ask(&server.anthropic()).await.unwrap(), "ok");
    let server = Server::start((0..4).map(|_| refusal(529, AT_ONCE))).await;
    let error = ask(&server.anthropic()).await.unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::Overloaded, Some(529)));
    assert_eq!(error.request_id.as_deref(), Some("req_b"));
    assert_eq!(error.advice, Advice::Retry { after: Some(Duration::from_millis(5)) });
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn the_pause_that_the_server_asks_for_is_kept() {
    let server =
        Server::start([refusal(503, "retry-after: 0.4\r\n"), Reply::json(200, "", GOOD)]).await;
    let began = Instant::now();
    ask(&server.anthropic()).await.unwrap();
    let waited = began.elapsed();
    assert!((Duration::from_millis(400)..Duration::from_secs(2)).contains(&waited), "{waited:?}");
}

#[tokio::test]
async fn a_refusal_that_stays_one_is_not_repeated() {
    let headers = format!("x-should-retry: false\r\n{AT_ONCE}");
    for reply in [refusal(400, AT_ONCE), refusal(500, &headers)] {
        let server = Server::start([reply, Reply::json(200, "", GOOD)]).await;
        assert_eq!(ask(&server.anthropic()).await.unwrap_err().advice, Advice::GiveUp);
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn after_a_429_without_a_time_the_provider_is_left_alone() {
    let server = Server::start([refusal(429, ""), Reply::json(200, "", GOOD)]).await;
    let client = server.anthropic();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.advice, Advice::CoolDown(Duration::from_mins(1)));
    let error = ask(&client.clone()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::CoolingDown);
    assert!(matches!(error.advice, Advice::CoolDown(left) if left > Duration::from_secs(50)));
    assert_eq!(server.asked().len(), 1, "the second call was not made");
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_tried_again() {
    let half = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{";
    let server =
        Server::start([Reply::bytes(""), Reply::bytes(half), Reply::json(200, "", GOOD)]).await;
    assert_eq!(ask(&server.anthropic()).await.unwrap(), "ok");
}

#[tokio::test]
async fn nobody_there_is_a_connection_error_that_names_the_host() {
    let server = Server::start([]).await;
    let error = ask(&server.anthropic()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connection);
    assert!(error.message.starts_with("127.0.0.1 cannot be reached: "), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = || Reply::bytes("").then(Duration::from_secs(5), "");
    let server = Server::start([silent()]).await;
    let mut options = quick();
    options.limits.first_byte = Duration::from_millis(200);
    options.retry.retries_max = 0;
    let error = ask(&server.anthropic_with(options)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("did not begin to answer for 0.2 s"), "{error}");
}

#[tokio::test]
async fn the_key_is_shown_nowhere() {
    let body =
        format!(r#"{{"error":{{"type":"authentication_error","message":"no such key: {KEY}"}}}}"#);
    let server = Server::start([Reply::json(401, "", &body)]).await;
    let client = server.anthropic();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.message, "no such key: [key]");
    let shown = format!("{client:?} {error:?} {error}");
    assert!(!shown.contains(KEY), "{shown}");
}

#[tokio::test]
async fn a_good_status_with_the_wrong_content_is_no_answer() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html><title>Hi</title>";
    for reply in [Reply::bytes(page), Reply::json(200, "", "[]"), Reply::json(200, "", "")] {
        let server = Server::start([reply]).await;
        let error = ask(&server.anthropic()).await.unwrap_err();
        assert_eq!((error.kind, error.advice), (ErrorKind::Protocol, Advice::GiveUp), "{error}");
    }
}

#[tokio::test]
async fn options_can_add_headers() {
    let server = Server::start([Reply::json(200, "", GOOD)]).await;
    let headers = vec![("x-gateway".to_owned(), "gate-7".to_owned())];
    let client =
        Anthropic::new("anthropic", &server.url, Auth::None, Options { headers, ..quick() });
    ask(&client.unwrap()).await.unwrap();
    assert!(server.asked()[0].head.contains("x-gateway: gate-7"));
}
