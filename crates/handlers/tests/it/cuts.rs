//! A stream that breaks off at every place there is.

use agent_runner_domain::{Money, job::CauseKind};
use futures::future::join_all;
use serde_json::json;

use crate::{
    server::{Reply, Server, answer},
    world::World,
};

/// As many connections at a time as a machine opens without noticing.
const TOGETHER: usize = 150;

async fn cut_and_mended(body: &str, at: usize) {
    let cut = Reply::stream(&body.as_bytes()[..at]);
    let server = Server::start([cut, Reply::stream(body)]).await;
    let world = World::with_claude_at(&server.url, None).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    assert_eq!(ran.result()["response"], "héllo", "cut at {at}");
    let trouble = ran.troubles().join("; ");
    assert!(trouble.contains("asked again"), "cut at {at}: {trouble}");
    // What was told before the cut is told again, and the log says so.
    assert_eq!(ran.text() != "héllo", trouble.contains("is void"), "cut at {at}");
    let cost = world.cost().await;
    assert!(cost.spent > Money::ZERO, "cut at {at}");
    let known = cost.held == Money::ZERO;
    assert!(known || ran.remarks().join("").contains("stays held"), "cut at {at}: {cost:?}");
}

/// Every byte but the last blank line, after which nothing is missing.
#[tokio::test]
async fn an_answer_that_breaks_off_anywhere_is_asked_for_again_and_nothing_goes_uncounted() {
    let body = answer("héllo", "end_turn", 5);
    let places: Vec<usize> = (0..body.len() - 1).collect();
    for together in places.chunks(TOGETHER) {
        join_all(together.iter().map(|at| cut_and_mended(&body, *at))).await;
    }
}

#[tokio::test]
async fn an_answer_that_always_breaks_off_fails_for_another_attempt_to_try() {
    let body = answer("héllo", "end_turn", 5);
    let half = &body[..body.find("data: {\"type\":\"content_block_stop").unwrap()];
    let server = Server::start((0..3).map(|_| Reply::stream(half))).await;
    let world = World::with_claude_at(&server.url, None).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    let failure = ran.failure();
    assert_eq!(failure.kind, CauseKind::ProviderError);
    assert!(failure.message.contains("the answer broke off"), "{}", failure.message);
    let cost = world.cost().await;
    assert_eq!((cost.calls, cost.tokens.input, cost.held), (3, 21, Money::ZERO));
}
