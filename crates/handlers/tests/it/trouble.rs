//! Everything that a provider can do wrong, and what its user reads of it.

use std::time::Duration;

use agent_runner_domain::{
    Money,
    job::{CauseKind, Failure, RetryAdvice},
};
use expect_test::{Expect, expect};
use serde_json::json;

use crate::{
    server::{Reply, Server, answer},
    world::{Ran, World},
};

async fn run(replies: Vec<Reply>) -> (Ran, World) {
    let server = Server::start(replies).await;
    let world = World::with_claude_at(&server.url, Some(1.0)).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    (ran, world)
}

/// Refused, and nothing was spent.
async fn refused(replies: Vec<Reply>) -> Failure {
    let (ran, world) = run(replies).await;
    let cost = world.cost().await;
    assert_eq!(cost.spent + cost.held, Money::ZERO, "refusals cost nothing");
    assert!(!ran.failure().message.contains("sk-ant-secret"));
    ran.failure().clone()
}

#[track_caller]
fn lasts(failure: &Failure, kind: CauseKind, message: &Expect) {
    assert_eq!((failure.kind, failure.retry), (kind, RetryAdvice::GiveUp), "{}", failure.message);
    message.assert_eq(&failure.message);
}

#[track_caller]
fn passes(failure: &Failure, after: Option<Duration>, message: &Expect) {
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::Retry));
    assert_eq!(failure.retry_after_ms.map(Duration::from_millis), after);
    message.assert_eq(&failure.message);
}

#[tokio::test]
async fn without_a_key_the_variable_is_named() {
    let world = World::new(None).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    lasts(
        ran.failure(),
        CauseKind::InvalidPayload,
        &expect![
            "no key for anthropic: set ANTHROPIC_API_KEY where the server runs, or on AWS make the secret NAME/anthropic-api-key"
        ],
    );
    world.set("CLAUDE_MODEL", "llama3");
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    lasts(
        ran.failure(),
        CauseKind::InvalidPayload,
        &expect![[
            r#"the setting `CLAUDE_MODEL` cannot be used: model "llama3": nothing tells whose it is; name the provider, too, as in "ollama/llama3" (known: anthropic, openai, gemini, zai, deepseek, together, openrouter, ollama, vllm, llamacpp)"#
        ]],
    );
}

#[tokio::test]
async fn a_model_that_is_not_there_or_no_more_is_named_with_those_that_are() {
    let models = r#"{"data":[{"type":"model","id":"claude-sonnet-5-5"},{"type":"model","id":"claude-opus-5-5"}],"has_more":false}"#;
    let ask = async |model: &str, list: Reply| {
        let missing = Reply::refusal(404, "not_found_error", &format!("model: {model}"));
        let server = Server::start([missing, list]).await;
        let world = World::with_claude_at(&server.url, None).await;
        world.run("claude_chat", json!({"prompt": "hi", "model": model})).await
    };
    let listed = || Reply::json(200, "", models);
    let ran = ask("claude-opus-9", listed()).await;
    lasts(
        ran.failure(),
        CauseKind::InvalidPayload,
        &expect![
            "anthropic has no model `claude-opus-9` (model: claude-opus-9 (HTTP 404, not_found_error, request req_1)); it has claude-sonnet-5-5, claude-opus-5-5; name one of them in `model`"
        ],
    );
    let ran = ask("claude-sonnet-4-20250514", listed()).await;
    lasts(
        ran.failure(),
        CauseKind::InvalidPayload,
        &expect![
            "anthropic has no model `claude-sonnet-4-20250514`: that model is retired (model: claude-sonnet-4-20250514 (HTTP 404, not_found_error, request req_1)); it has claude-sonnet-5-5, claude-opus-5-5; name one of them in `model`"
        ],
    );
    let ran = ask("claude-opus-9", Reply::refusal(404, "not_found_error", "nothing")).await;
    lasts(
        ran.failure(),
        CauseKind::InvalidPayload,
        &expect![
            "anthropic has no model `claude-opus-9` (model: claude-opus-9 (HTTP 404, not_found_error, request req_1)); name another in `model`, and check `ANTHROPIC_BASE_URL` if it is set"
        ],
    );
}

#[tokio::test]
async fn what_the_payload_asks_too_much_of_is_named() {
    let refuse = |message: &str| vec![Reply::refusal(400, "invalid_request_error", message)];
    let too_many = refuse(
        "max_tokens: 999999 > 128000, which is the maximum allowed number of output tokens for claude-sonnet-5-5",
    );
    lasts(
        &refused(too_many).await,
        CauseKind::InvalidPayload,
        &expect![
            "anthropic cannot use what was asked of claude-sonnet-5-5: max_tokens: 999999 > 128000, which is the maximum allowed number of output tokens for claude-sonnet-5-5 (HTTP 400, invalid_request_error, request req_1); lower `max_tokens`"
        ],
    );
    let too_long = refuse("prompt is too long: 1000001 tokens > 1000000 maximum");
    lasts(
        &refused(too_long).await,
        CauseKind::InvalidPayload,
        &expect![
            "the prompt is longer than claude-sonnet-5-5 can read: prompt is too long: 1000001 tokens > 1000000 maximum (HTTP 400, invalid_request_error, request req_1); shorten it, or name a model that reads more"
        ],
    );
    let too_large =
        vec![Reply::refusal(413, "request_too_large", "Request exceeds the maximum size")];
    lasts(
        &refused(too_large).await,
        CauseKind::InvalidPayload,
        &expect![
            "the request is larger than anthropic takes: Request exceeds the maximum size (HTTP 413, request_too_large, request req_1); send fewer or smaller images and documents"
        ],
    );
}

#[tokio::test]
async fn keys_that_open_nothing_are_told_apart() {
    let bad = Reply::refusal(401, "authentication_error", "invalid x-api-key: sk-ant-secret");
    lasts(
        &refused(vec![bad]).await,
        CauseKind::ProviderError,
        &expect![
            "anthropic does not accept the key in `ANTHROPIC_API_KEY`: invalid x-api-key: [key] (HTTP 401, authentication_error, request req_1); set a valid one where the orchestrator runs"
        ],
    );
    let forbidden = Reply::refusal(403, "permission_error", "no access");
    lasts(
        &refused(vec![forbidden]).await,
        CauseKind::ProviderError,
        &expect![
            "the key in `ANTHROPIC_API_KEY` may not use claude-sonnet-5-5: no access (HTTP 403, permission_error, request req_1); allow it at anthropic, or name another model"
        ],
    );
    let broke = Reply::refusal(402, "billing_error", "credit balance too low");
    lasts(
        &refused(vec![broke]).await,
        CauseKind::ProviderError,
        &expect![
            "nothing is left to pay anthropic with: credit balance too low (HTTP 402, billing_error, request req_1); add credit to the account of `ANTHROPIC_API_KEY`"
        ],
    );
}

#[tokio::test]
async fn what_may_pass_is_tried_three_times_and_then_by_another_attempt() {
    let thrice = |status, kind, message| vec![Reply::refusal(status, kind, message); 3];
    let soon = Some(Duration::from_millis(1));
    let failure = refused(thrice(529, "overloaded_error", "Overloaded")).await;
    passes(
        &failure,
        soon,
        &expect![
            "anthropic failed to answer as claude-sonnet-5-5: Overloaded (HTTP 529, overloaded_error, request req_1)"
        ],
    );
    let failure = refused(thrice(500, "api_error", "Internal server error")).await;
    passes(
        &failure,
        soon,
        &expect![
            "anthropic failed to answer as claude-sonnet-5-5: Internal server error (HTTP 500, api_error, request req_1)"
        ],
    );
    let failure = refused(thrice(429, "rate_limit_error", "too many requests")).await;
    passes(
        &failure,
        soon,
        &expect![
            "anthropic failed to answer as claude-sonnet-5-5: too many requests (HTTP 429, rate_limit_error, request req_1)"
        ],
    );
}

#[tokio::test]
async fn after_a_429_that_does_not_say_when_the_next_attempt_waits_a_minute() {
    let error =
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"spend limit reached"}}"#;
    let failure = refused(vec![Reply::json(429, "", error)]).await;
    passes(
        &failure,
        Some(Duration::from_mins(1)),
        &expect![
            "anthropic failed to answer as claude-sonnet-5-5: spend limit reached (HTTP 429, rate_limit_error)"
        ],
    );
}

#[tokio::test]
async fn retries_are_told() {
    let replies = vec![
        Reply::refusal(529, "overloaded_error", "Overloaded"),
        Reply::stream(answer("ok", "end_turn", 1)),
    ];
    let (ran, world) = run(replies).await;
    assert_eq!(ran.result()["response"], "ok");
    assert_eq!(
        ran.troubles(),
        ["Overloaded (HTTP 529, overloaded_error, request req_1); asked again in 0.0 s"]
    );
    assert_eq!(world.cost().await.calls, 1);
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_said_to_make_none() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n";
    let page = Reply::bytes(format!("{head}<!doctype html><title>Log in</title>"));
    lasts(
        &refused(vec![page]).await,
        CauseKind::ProviderError,
        &expect![[
            r#"what answered for anthropic makes no sense: a web page titled "Log in" came instead of an answer: check the base URL, and what stands between; check `ANTHROPIC_BASE_URL` if it is set"#
        ]],
    );

    let whole = answer("hi", "end_turn", 1);
    let lines: Vec<&str> = whole.split_inclusive("\n\n").collect();
    let disorder = [lines[0], lines[2]].concat();
    let (ran, _) = run(vec![Reply::stream(disorder)]).await;
    lasts(
        ran.failure(),
        CauseKind::ProviderError,
        &expect![
            "what answered for anthropic makes no sense: the stream is out of order: a delta of content block 0, which is not open; check `ANTHROPIC_BASE_URL` if it is set"
        ],
    );

    let mut noise = lines[..3].concat().into_bytes();
    noise.extend_from_slice(b"data: \xff\xfe\n\n");
    let (ran, world) = run(vec![Reply::stream(noise)]).await;
    lasts(
        ran.failure(),
        CauseKind::ProviderError,
        &expect![
            "what answered for anthropic makes no sense: the stream is not UTF-8; check `ANTHROPIC_BASE_URL` if it is set"
        ],
    );
    assert_eq!(ran.text(), "hi");
    assert_eq!(world.cost().await.tokens.input, 7);
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_tried_again_and_counted() {
    let whole = answer("Hello.", "end_turn", 5);
    let begun = &whole[..whole.find("data: {\"type\":\"content_block_stop").unwrap()];
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let pause = Duration::from_millis(50);
    let broken = Reply::stream(begun).then(pause, format!("data: {error}\n\n"));
    let (ran, world) = run(vec![broken, Reply::stream(&whole)]).await;
    assert_eq!(ran.result()["response"], "Hello.");
    assert_eq!(ran.text(), "Hello.Hello.");
    assert!(ran.troubles()[0].contains("what it had written is void"), "{:?}", ran.troubles());
    let cost = world.cost().await;
    assert_eq!((cost.calls, cost.tokens.input, cost.held), (2, 14, Money::ZERO));
}

#[tokio::test]
async fn nobody_there_is_no_fault_of_the_payload() {
    let world = World::with_claude_at("http://127.0.0.1:9", None).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    let failure = ran.failure();
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::Retry));
    assert!(
        failure.message.contains("check the network, and `ANTHROPIC_BASE_URL`"),
        "{}",
        failure.message
    );
    assert_eq!(world.cost().await.held, Money::ZERO);
    let strange = World::with_claude_at("ftp://x", None).await;
    let ran = strange.run("claude_chat", json!({"prompt": "hi"})).await;
    assert!(ran.failure().message.contains("must begin with http://"), "{}", ran.failure().message);
}
