//! Streams that go wrong in every way.

use std::time::Duration;

use agent_runner_llm::{Error, ErrorKind, Event, Model, Options, Request, RetryPolicy};
use futures::StreamExt;

use crate::script::{Reply, Server, no_retries, quick};

const BODY: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude-x\",\"content\":[],\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hé\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

fn request() -> Request {
    Request::new("claude-x", 9).user("hi")
}

fn until(marker: &str) -> &'static str {
    &BODY[..BODY.find(marker).unwrap()]
}

async fn events(server: &Server, options: Options) -> Vec<Result<Event, Error>> {
    let stream = server.anthropic_with(options).stream(&request()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), stream.collect()).await.expect("nothing hangs")
}

fn last_error(events: &[Result<Event, Error>]) -> &Error {
    events.last().expect("something happens").as_ref().expect_err("the last thing is an error")
}

fn finished(events: &[Result<Event, Error>]) -> String {
    match events.last() {
        Some(Ok(Event::Finished(response))) => response.text(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stream_is_the_same_wherever_the_network_cuts_it() {
    for at in (1..BODY.len()).step_by(37) {
        let (head, tail) = BODY.as_bytes().split_at(at);
        let reply = Reply::stream(head).then(Duration::from_millis(1), tail);
        let server = Server::start([reply]).await;
        assert_eq!(finished(&events(&server, no_retries()).await), "hé", "cut at {at}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_early_is_an_error_at_every_place() {
    for at in (0..BODY.len() - 1).step_by(29) {
        let server = Server::start([Reply::stream(&BODY.as_bytes()[..at])]).await;
        let events = events(&server, no_retries()).await;
        let error = last_error(&events);
        assert_eq!(error.kind, ErrorKind::Cut, "cut at {at}: {error}");
        assert_eq!(error.request_id.as_deref(), Some("req_s"));
    }
}

#[tokio::test]
async fn what_was_used_before_the_cut_is_told() {
    let server = Server::start([Reply::stream(until("event: content_block_stop"))]).await;
    let events = events(&server, quick()).await;
    let spent = last_error(&events).spent.clone().unwrap();
    assert_eq!((spent.model.as_str(), spent.usage.input_tokens), ("claude-x", 7));
    assert_eq!(spent.streamed_chars, 2);
    assert_eq!(server.asked().len(), 1, "text was handed on, so it is not asked again");
}

#[tokio::test]
async fn a_failure_before_any_content_is_retried_and_said() {
    let overloaded = format!(
        "{}event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}}}\n\n",
        until("event: content_block_start")
    );
    let server = Server::start([Reply::stream(overloaded), Reply::stream(BODY)]).await;
    let events = events(&server, quick()).await;
    let Ok(Event::Retrying { error, .. }) = &events[0] else { panic!("{events:?}") };
    assert_eq!(error.kind, ErrorKind::Overloaded);
    assert_eq!(error.spent.as_ref().unwrap().usage.input_tokens, 7);
    assert_eq!(finished(&events), "hé");
}

#[tokio::test]
async fn a_refusal_is_retried_and_said_and_the_next_try_waits_for_whoever_listens() {
    let busy = r#"{"type":"error","error":{"type":"overloaded_error","message":"busy"}}"#;
    let refusal = Reply::json(529, "retry-after-ms: 5\r\n", busy);
    let server = Server::start([refusal, Reply::stream(BODY)]).await;
    let mut stream = server.anthropic().stream(&request()).await.unwrap();
    assert_eq!(server.asked().len(), 0, "nobody has waited for anything");
    let first = stream.next().await;
    let Some(Ok(Event::Retrying { error, .. })) = first else { panic!("{first:?}") };
    assert_eq!((error.status, error.outcome_is_unknown()), (Some(529), false));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.asked().len(), 1);
    assert_eq!(stream.finish().await.unwrap().text(), "hé");
}

#[tokio::test]
async fn who_asks_for_it_gets_a_restart_after_content() {
    let retry = RetryPolicy { restart_streams: true, ..RetryPolicy::default() };
    let cut = Reply::stream(until("event: content_block_stop"));
    let server = Server::start([cut, Reply::stream(BODY)]).await;
    let events = events(&server, Options { retry, ..quick() }).await;
    let restarts = events.iter().filter(|e| matches!(e, Ok(Event::Restarted { .. }))).count();
    assert_eq!((restarts, finished(&events).as_str()), (1, "hé"));
}

#[tokio::test]
async fn a_stream_that_stands_still_is_given_up() {
    let still = Reply::stream(until("event: content_block_stop")).then(Duration::from_secs(5), "");
    let server = Server::start([still]).await;
    let events = events(&server, quick()).await;
    let error = last_error(&events);
    assert_eq!(error.kind, ErrorKind::Timeout);
    assert!(error.message.contains("stood still for 0.3 s"), "{error}");
}

#[tokio::test]
async fn text_that_is_no_text_is_an_error() {
    let mut body = until("event: content_block_stop").as_bytes().to_vec();
    body.extend_from_slice(b"data: \xff\xfe\n\n");
    let server = Server::start([Reply::stream(body)]).await;
    let events = events(&server, quick()).await;
    assert!(last_error(&events).message.contains("not UTF-8"));
    assert!(events.iter().any(|e| matches!(e, Ok(Event::TextDelta { text, .. }) if text == "hé")));
}

#[tokio::test]
async fn what_follows_the_end_of_the_answer_does_not_matter() {
    let server = Server::start([Reply::stream(format!("{BODY}data: rubbish\n\n\u{0}"))]).await;
    assert_eq!(finished(&events(&server, quick()).await), "hé");
}

#[tokio::test]
async fn a_web_page_instead_of_a_stream_is_called_one() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html><title>Log in</title>";
    let server = Server::start([Reply::bytes(page)]).await;
    let events = events(&server, quick()).await;
    let error = last_error(&events);
    assert_eq!(error.kind, ErrorKind::Protocol);
    assert!(error.message.starts_with("a web page titled \"Log in\" came"), "{error}");
}
