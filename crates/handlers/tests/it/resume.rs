//! What a later attempt finds of an earlier one, and what a job that is stopped leaves.

use std::time::Duration;

use agent_runner_domain::{
    Money,
    event::{EventBody, StepStatus},
    job::CauseKind,
};
use serde_json::json;

use crate::{
    server::{Reply, Server, answer},
    world::World,
};

#[tokio::test]
async fn a_call_that_was_answered_is_not_made_again() {
    let server = Server::start([Reply::stream(answer("Hello.", "end_turn", 5))]).await;
    let world = World::with_claude_at(&server.url, Some(1.0)).await;
    let payload = json!({"prompt": "hi"});
    let first = world.run("claude_chat", payload.clone()).await;
    let before = world.cost().await;
    let second = world.run("claude_chat", payload).await;
    assert_eq!(second.result()["response"], first.result()["response"]);
    assert_eq!(second.result()["usage"], first.result()["usage"]);
    assert_eq!((server.asked().len(), world.cost().await), (1, before));
    assert!(second.events.iter().any(|event| {
        matches!(event, EventBody::Step { name, status: StepStatus::Resumed, .. } if name == "answer")
    }));
}

#[tokio::test]
async fn a_step_is_run_once_and_its_first_outcome_stays() {
    let world = World::new(None).await;
    let first = world.attempt().await.context;
    assert_eq!(first.step("a", async || Ok(1)).await, Ok(1));
    assert_eq!(first.step("a", async || panic!("it was done")).await, Ok(1));
    first.record("a", &2).await.unwrap();
    let second = world.attempt().await.context;
    assert_eq!(second.recorded("a").await, Ok(Some(1)));
    assert_eq!(second.recorded::<u32>("b").await, Ok(None));
    let strange = second.recorded::<String>("a").await.unwrap_err();
    assert!(strange.message.contains("the step `a`"), "{}", strange.message);
    assert_eq!(first.record("c", &1).await.unwrap_err().kind, CauseKind::Interrupted);
}

#[tokio::test]
async fn stopping_ends_the_call_at_once_and_pays_what_was_heard() {
    let whole = answer("Hello.", "end_turn", 5);
    let begun = &whole[..whole.find("data: {\"type\":\"content_block_stop").unwrap()];
    let server = Server::start([Reply::stream(begun).then(Duration::from_secs(20), "")]).await;
    let world = World::with_claude_at(&server.url, Some(1.0)).await;
    let attempt = world.attempt().await;
    let cancelled = attempt.context.cancelled.clone();
    let stopper = async {
        while server.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        cancelled.cancel();
        tokio::time::Instant::now()
    };
    let run = async {
        let ran = attempt.run("claude_chat", json!({"prompt": "hi"})).await;
        (ran, tokio::time::Instant::now())
    };
    let ((ran, ended), cancelled_at) = tokio::join!(run, stopper);
    assert!(ended - cancelled_at < Duration::from_millis(500), "{:?}", ended - cancelled_at);
    assert_eq!(ran.failure().kind, CauseKind::Interrupted);
    assert_eq!(ran.text(), "Hello.");
    let cost = world.cost().await;
    assert_eq!((cost.held, cost.tokens.input, cost.tokens.output), (Money::ZERO, 7, 2));
    assert!(cost.spent > Money::ZERO);
}

#[tokio::test]
async fn a_call_of_which_nothing_was_heard_stays_held() {
    let server = Server::start([Reply::bytes("").then(Duration::from_secs(20), "")]).await;
    let world = World::with_claude_at(&server.url, Some(1.0)).await;
    let attempt = world.attempt().await;
    let cancelled = attempt.context.cancelled.clone();
    let stopper = async {
        while server.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancelled.cancel();
    };
    let (ran, ()) = tokio::join!(attempt.run("claude_chat", json!({"prompt": "hi"})), stopper);
    assert!(ran.remarks()[0].contains("stays held"), "{:?}", ran.remarks());
    let cost = world.cost().await;
    assert!(cost.spent == Money::ZERO && cost.held > Money::ZERO, "{cost:?}");
}
