//! What later attempts do with the calls of earlier ones.

use std::time::Duration;

use agent_runner_domain::job::CauseKind;
use serde_json::{Value, json};

use super::{
    Play, call, calls, end,
    site::{Site, response},
};

fn order_tool(url: &str, more: &Value) -> Value {
    let mut tool = json!({
        "name": "order", "description": "orders a pizza", "url": format!("{url}/orders"), "method": "POST",
        "input_schema": {"type": "object", "properties": {"pizza": {"type": "string"}}},
    });
    tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([tool])
}

#[tokio::test]
async fn a_tool_that_has_run_is_not_run_again() {
    let shop = Site::start(|_| response(200, "", "ordered")).await;
    let order = calls(&[call("t1", "order", json!({"pizza": "funghi"}))]);
    let play = Play::of([order, end("done"), end("never asked")]).await;
    let tools = order_tool(&shop.url, &json!({}));
    let first = play.run(tools.clone()).await;
    let second = play.run(tools).await;
    assert_eq!(second.result()["response"], "done");
    assert_eq!(second.result()["tool_calls"], first.result()["tool_calls"]);
    assert_eq!(second.result()["usage"], first.result()["usage"]);
    assert_eq!((shop.asked().len(), play.model.asked().len()), (1, 2));
}

/// Runs until the tool was asked, and stops the job there.
async fn interrupted(play: &Play, shop: &Site, tools: &Value) {
    let attempt = play.world.attempt().await;
    let cancelled = attempt.context.cancelled.clone();
    let stopper = async {
        while shop.asked().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        cancelled.cancel();
    };
    let payload = json!({"prompt": "go", "tools": tools});
    let (ran, ()) = tokio::join!(attempt.run("tool_agent", payload), stopper);
    assert_eq!(ran.failure().kind, CauseKind::Interrupted);
}

async fn slow_shop() -> Site {
    Site::slow(Duration::from_millis(300), |_| response(200, "", "ordered")).await
}

#[tokio::test]
async fn a_call_that_was_interrupted_is_not_made_again_and_the_model_is_told() {
    let shop = slow_shop().await;
    let play =
        Play::of([calls(&[call("t1", "order", json!({"pizza": "funghi"}))]), end("I will look.")])
            .await;
    let tools = order_tool(&shop.url, &json!({}));
    interrupted(&play, &shop, &tools).await;
    play.run(tools).await.result();
    let (told, is_error) = play.answer();
    assert!(is_error && told.contains("may or may not have taken effect"), "{told}");
    assert_eq!((shop.asked().len(), play.model.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_repeatable_call_that_was_interrupted_is_made_again() {
    let shop = slow_shop().await;
    let play =
        Play::of([calls(&[call("t1", "order", json!({"pizza": "funghi"}))]), end("done")]).await;
    let tools = order_tool(&shop.url, &json!({"repeatable": true}));
    interrupted(&play, &shop, &tools).await;
    play.run(tools).await.result();
    assert_eq!(play.answer(), ("ordered".to_owned(), false));
    assert_eq!((shop.asked().len(), play.model.asked().len()), (2, 2));
}
