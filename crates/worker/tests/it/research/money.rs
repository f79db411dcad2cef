//! Budgets that are too small for all questions, or only for all of them at the same time.

use agent_runner_domain::{
    Money,
    job::{CauseKind, RetryAdvice},
};
use agent_runner_model_sim::Answer;
use serde_json::json;

use super::{answered, partial, research_with, say};
use crate::{claude::Site, gateway::Script};

/// A call of the usual depth holds about $0.05.
async fn with_budget(dollars: f64) -> Site {
    let budget = Money::from_dollars(dollars);
    research_with(json!({}), |script| Script { budget, ..script }).await
}

#[tokio::test]
async fn questions_that_have_no_room_beside_each_other_have_it_one_after_the_other() {
    let site = with_budget(0.07).await;
    let result = site.result().await;
    assert_eq!(answered(&result), [true, true, true]);
    assert_eq!((site.simulator.world().paid(), site.simulator.world().paid_again()), (5, 0));
    let cost = site.gateway.cost().await;
    assert!(
        cost.spent < Money::from_dollars(0.02).unwrap() && cost.held == Money::ZERO,
        "{cost:?}"
    );
}

#[tokio::test]
async fn money_that_runs_out_ends_the_job_and_leaves_what_was_found() {
    let site = with_budget(0.12).await;
    for question in ["A", "B", "C"] {
        // 4,000 tokens: $0.04.
        let long = Answer::text("word".repeat(4_000));
        say(site.simulator.world(), &format!("Question: What of {question}"), long);
    }
    let failure = site.failure().await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::BudgetExceeded, RetryAdvice::GiveUp));
    assert!(failure.message.contains("`question-3/turn/1`"), "{}", failure.message);
    assert!(failure.message.ends_with("the artifact `partial-result.json`"), "{}", failure.message);
    let partial = partial(&site);
    assert_eq!(answered(&partial), [true, true, false]);
    assert!(partial["findings"][2]["error"].as_str().unwrap().contains("budget"));
    assert_eq!(partial["research_plan"]["questions"].as_array().unwrap().len(), 3);
    assert!(partial["usage"]["output_tokens"].as_u64().unwrap() > 8_000);
    let cost = site.gateway.cost().await;
    assert!(
        cost.spent < Money::from_dollars(0.12).unwrap() && cost.held == Money::ZERO,
        "{cost:?}"
    );
    assert_eq!(site.simulator.world().paid(), 3);
}

#[tokio::test]
async fn a_budget_without_room_for_the_plan_leaves_nothing() {
    let site = with_budget(0.01).await;
    assert_eq!(site.failure().await.kind, CauseKind::BudgetExceeded);
    assert_eq!(site.simulator.world().heard(), 0);
    assert!(site.gateway.heard().artifacts.is_empty());
}
