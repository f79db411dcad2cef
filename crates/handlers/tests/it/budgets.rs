//! Money that is not there.

use agent_runner_domain::{
    Money,
    job::{CauseKind, RetryAdvice},
    ports::Ledger,
};
use expect_test::expect;
use serde_json::json;

use crate::{
    server::{Reply, Server, answer},
    world::{Ran, World},
};

fn refused(ran: &Ran) -> String {
    let failure = ran.failure();
    assert_eq!((failure.kind, failure.retry), (CauseKind::BudgetExceeded, RetryAdvice::GiveUp));
    failure.message.clone()
}

#[tokio::test]
async fn a_call_that_could_exceed_the_budget_is_not_made() {
    let count = Reply::json(200, "", r#"{"input_tokens": 9}"#);
    let server = Server::start([count]).await;
    let world = World::with_claude_at(&server.url, Some(0.01)).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    let message = refused(&ran).replace(&world.job.to_string(), "JOB");
    expect!["claude-sonnet-5-5 was not asked (`answer`): the budget of JOB and all that belongs to it is $0.01: $0.00 is spent, $0.00 is held for calls that have not ended, and the next call may cost $0.010258; submit it with a larger `budget_usd` than JOB has, or ask for less with a smaller `max_tokens`, a shorter prompt or a cheaper model"].assert_eq(&message);
    assert_eq!(server.asked().len(), 1, "the prompt was counted, and no answer asked for");
    let cost = world.cost().await;
    assert_eq!((cost.spent + cost.held, cost.calls), (Money::ZERO, 0));
}

#[tokio::test]
async fn where_the_bound_has_no_room_the_exact_length_of_the_prompt_may() {
    let count = Reply::json(200, "", r#"{"input_tokens": 7}"#);
    let server = Server::start([count, Reply::stream(answer("ok", "end_turn", 1))]).await;
    // 7 tokens in, 100 out: $0.001014. The bound for the prompt is over 2,000 tokens.
    let world = World::with_claude_at(&server.url, Some(0.001_014)).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi", "max_tokens": 100})).await;
    assert_eq!(ran.result()["response"], "ok");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_model_without_a_price_needs_one_where_there_is_a_budget() {
    let server = Server::start([Reply::stream(answer("ok", "end_turn", 1))]).await;
    let world = World::with_claude_at(&server.url, Some(5.0)).await;
    let payload = json!({"prompt": "hi", "model": "claude-new-9"});
    let message = refused(&world.run("claude_chat", payload.clone()).await);
    let message = message.replace(&world.job.to_string(), "JOB");
    expect![[r#"claude-new-9 was not asked (`answer`): JOB has a `budget_usd`, and what the model costs is not known (anthropic has no price for "claude-new-9" here); give its price in the price file that `AGENT_RUNNER_PRICES` names, ask a model with a price, or lift the budget"#]].assert_eq(&message);

    let price =
        json!({"models": {"claude-new-9": {"provider": "anthropic", "input": 1, "output": 2}}});
    world.set("AGENT_RUNNER_PRICES", &price.to_string());
    assert_eq!(world.run("claude_chat", payload).await.result()["response"], "ok");
}

#[tokio::test]
async fn without_a_budget_a_model_without_a_price_is_asked_and_counted_as_such() {
    let unknown = answer("ok", "end_turn", 1).replace("claude-sonnet-5-5", "claude-new-9");
    let server = Server::start([Reply::stream(unknown)]).await;
    let world = World::with_claude_at(&server.url, None).await;
    world.run("claude_chat", json!({"prompt": "hi", "model": "claude-new-9"})).await.result();
    let cost = world.cost().await;
    assert_eq!((cost.spent, cost.calls, cost.unpriced_calls), (Money::ZERO, 1, 1));
}

#[tokio::test]
async fn a_price_file_that_is_wrong_is_said_to_be_wrong() {
    let world = World::with_claude_at("http://127.0.0.1:9", None).await;
    world.set("AGENT_RUNNER_PRICES", r#"{"models": {"a": {"provider": "anthropic"}}}"#);
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    let message = &ran.failure().message;
    assert!(message.contains("`AGENT_RUNNER_PRICES` is wrong: missing field `input`"), "{message}");
}

#[tokio::test]
async fn the_budget_of_the_day_is_named_as_such() {
    let world = World::with_claude_at("http://127.0.0.1:9", None).await;
    let tenant = agent_runner_domain::TenantId::default_tenant();
    world.ledger.set_daily_limit(&tenant, Some(Money::from_dollars(0.001).unwrap())).await.unwrap();
    let message = refused(&world.run("claude_chat", json!({"prompt": "hi"})).await);
    assert!(message.contains("wait for the next day or raise the tenant's budget"), "{message}");
}

#[tokio::test]
async fn every_try_that_cost_something_is_held_for_again() {
    let whole = answer("Hello.", "end_turn", 5);
    let cut = &whole[..whole.find("data: {\"type\":\"content_block_stop").unwrap()];
    let count = || Reply::json(200, "", r#"{"input_tokens": 7}"#);
    let server = Server::start([count(), Reply::stream(cut), count()]).await;
    // 7 tokens in, 1,000 out: $0.010014. That is there once, and not twice.
    let world = World::with_claude_at(&server.url, Some(0.010_02)).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi", "max_tokens": 1000})).await;
    refused(&ran);
    let cost = world.cost().await;
    assert!(cost.spent > Money::ZERO && cost.held == Money::ZERO, "{cost:?}");
    assert_eq!((cost.calls, cost.tokens.input), (1, 7));
}
