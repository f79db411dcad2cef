//! Calls that are refused, here or there.

use agent_runner_domain::{
    Money,
    job::{CauseKind, RetryAdvice},
};
use agent_runner_model_sim::Fault;
use serde_json::json;

use super::Site;
use crate::gateway::Script;

#[tokio::test]
async fn a_call_over_the_budget_is_not_made() {
    let budget = Money::from_dollars(0.001);
    let script = Script::of("claude_chat", json!({"prompt": "hello"}));
    let site = Site::start_with(Script { budget, ..script }).await;
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::BudgetExceeded, RetryAdvice::GiveUp));
    assert!(failure.message.contains("is $0.001: $0.00 is spent"), "{}", failure.message);
    assert_eq!(site.simulator.world().paid(), 0);
    assert_eq!(site.gateway.cost().await.calls, 0);
}

#[tokio::test]
async fn a_call_within_the_budget_is_settled_at_what_it_cost() {
    let budget = Money::from_dollars(0.05);
    let script = Script::of("claude_chat", json!({"prompt": "hello"}));
    let site = Site::start_with(Script { budget, ..script }).await;
    let result = site.result().await;
    let tokens = |name: &str| result["usage"][name].as_u64().unwrap();
    let nanodollars = tokens("input_tokens") * 2_000 + tokens("output_tokens") * 10_000;
    let cost = site.gateway.cost().await;
    assert_eq!((cost.spent.nanodollars(), cost.held), (nanodollars, Money::ZERO));
}

#[tokio::test]
async fn a_provider_that_wants_to_be_left_alone_is() {
    let site = Site::start("claude_chat", json!({"prompt": "hello"})).await;
    site.simulator.world().add_fault(Fault { status: Some(429), ..Fault::default() });
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::ProviderError, RetryAdvice::Retry));
    assert_eq!(failure.retry_after_ms, Some(60_000));
    assert_eq!(site.gateway.cost().await.spent, Money::ZERO);
}

#[tokio::test]
async fn a_model_that_is_retired_and_one_that_never_was_are_named() {
    for (model, said) in [
        ("claude-sonnet-4-20250514", "that model is retired"),
        ("claude-sonata-1", "it has claude-opus-5-5, claude-sonnet-5-5"),
    ] {
        let site = Site::start("claude_chat", json!({"prompt": "hello", "model": model})).await;
        let failure = site.failure().await;
        assert_eq!((failure.kind, failure.retry), (CauseKind::InvalidPayload, RetryAdvice::GiveUp));
        assert!(failure.message.contains(said), "{}", failure.message);
    }
}

#[tokio::test]
async fn models_of_others_are_asked_in_their_own_way() {
    let site = Site::start("claude_chat", json!({"prompt": "hello", "model": "gpt-6-luna"})).await;
    site.gateway.set("OPENAI_API_KEY", "sk-simulated");
    site.gateway.set("OPENAI_BASE_URL", &format!("{}/v1", site.simulator.url()));
    let result = site.result().await;
    assert_eq!(result["response"], "This is a simulated answer of gpt-6-luna. You said: hello");
    let tokens = |name: &str| result["usage"][name].as_u64().unwrap();
    let nanodollars = tokens("input_tokens") * 100 + tokens("output_tokens") * 500;
    assert_eq!(site.gateway.cost().await.spent.nanodollars(), nanodollars);
}

#[tokio::test]
async fn files_that_jobs_have_left_reach_the_model() {
    let site = Site::start("claude_chat", json!({})).await;
    let files = json!([{"job_id": site.gateway.job, "name": "out/a b.txt"}]);
    site.gateway.set_payload(json!({"prompt": "read", "documents": files}));
    let content = "the sea is deep".repeat(100).into_bytes();
    site.gateway.heard().artifacts.insert("out/a b.txt".to_owned(), content);
    assert!(site.result().await["usage"]["input_tokens"].as_u64().unwrap() > 300);
}
