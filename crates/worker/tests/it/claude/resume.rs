//! Workers that are killed, and those that come after them.

use std::time::Duration;

use agent_runner_domain::Money;
use serde_json::json;

use super::{PACE, Site};
use crate::{gateway::Script, process::Worker};

#[tokio::test]
async fn a_worker_killed_before_its_last_word_is_heard_leaves_an_answer_that_is_not_paid_again() {
    let script = Script::of("claude_chat", json!({"prompt": "hello"}));
    let site = Site::start_with(Script { deaf_at_the_end: true, ..script }).await;
    let mut worker = Worker::start(&site.gateway);
    let first = site.gateway.result().await;
    worker.kill();
    worker.end().await;
    let cost = site.gateway.cost().await;

    site.gateway.next_attempt();
    let second = site.result().await;
    assert_eq!(second["response"], first["response"]);
    assert_eq!(site.simulator.world().paid(), 1);
    assert_eq!(site.gateway.cost().await, cost);
    let resumed = site.gateway.heard().events.iter().any(|event| {
        let event = serde_json::to_value(&event.body).unwrap();
        event == json!({"kind": "step", "name": "answer", "status": "resumed"})
    });
    assert!(resumed);
}

#[tokio::test]
async fn a_worker_killed_in_the_middle_of_an_answer_leaves_its_money_held() {
    let budget = Money::from_dollars(1.0);
    let script = Script::of("claude_chat", json!({"prompt": "500 words"}));
    let site = Site::start_with(Script { budget, ..script }).await;
    site.simulator.world().set_pace(PACE);
    let mut worker = Worker::start(&site.gateway);
    site.said(40).await;
    worker.kill();
    worker.end().await;
    let killed = site.gateway.cost().await;
    assert!(killed.held > Money::ZERO && killed.spent == Money::ZERO, "{killed:?}");

    site.gateway.next_attempt();
    site.simulator.world().set_pace(Duration::ZERO);
    assert_eq!(site.result().await["response"].as_str().unwrap().split(' ').count(), 500);
    let cost = site.gateway.cost().await;
    assert_eq!((cost.held, cost.calls), (killed.held, 2));
    assert!(cost.spent > Money::ZERO);
}
