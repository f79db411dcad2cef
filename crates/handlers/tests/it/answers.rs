//! What a call that goes well leaves behind.

use agent_runner_domain::{Money, event::EventBody};
use serde_json::json;

use crate::{
    server::{Reply, Server, answer},
    world::World,
};

/// 7 tokens in at $2, 5 out at $10 the million.
const COST_NANODOLLARS: u64 = 7 * 2_000 + 5 * 10_000;

#[tokio::test]
async fn a_call_is_held_told_recorded_and_settled() {
    let server = Server::start([Reply::stream(answer("Hello.", "end_turn", 5))]).await;
    let world = World::with_claude_at(&server.url, Some(1.0)).await;
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    assert_eq!(ran.result()["response"], "Hello.");
    assert_eq!(ran.text(), "Hello.");

    let cost = world.cost().await;
    assert_eq!((cost.spent.nanodollars(), cost.held), (COST_NANODOLLARS, Money::ZERO));
    assert_eq!((cost.calls, cost.unpriced_calls), (1, 0));
    assert_eq!((cost.tokens.input, cost.tokens.output), (7, 5));
    let usage = ran.events.iter().find_map(|event| match event {
        EventBody::Usage { call, provider, model, usage, cost_usd, unpriced } => {
            Some((call, provider, model, usage, cost_usd, unpriced))
        }
        _ => None,
    });
    let (call, provider, model, usage, cost_usd, unpriced) = usage.expect("usage is told");
    assert_eq!((call.as_str(), provider.as_str()), ("answer", "anthropic"));
    assert_eq!((model.as_str(), *cost_usd, unpriced), ("claude-sonnet-5-5", Some(6.4e-5), &None));
    assert_eq!((&usage["input_tokens"], usage.get("estimated")), (&json!(7), None));
}

#[tokio::test]
async fn the_operator_chooses_the_model_unless_the_payload_does() {
    let reply = || Reply::stream(answer("ok", "end_turn", 1));
    for (setting, payload, asked) in [
        (None, None, "claude-sonnet-5-5"),
        (Some(" claude-opus-5-5\n"), None, "claude-opus-5-5"),
        (Some("claude-opus-5-5"), Some("anthropic/claude-haiku-5-5"), "claude-haiku-5-5"),
        (Some(" "), None, "claude-sonnet-5-5"),
    ] {
        let server = Server::start([reply()]).await;
        let world = World::with_claude_at(&server.url, None).await;
        if let Some(model) = setting {
            world.set("CLAUDE_MODEL", model);
        }
        let mut wanted = json!({"prompt": "hi"});
        if let Some(model) = payload {
            wanted["model"] = model.into();
        }
        world.run("claude_chat", wanted).await.result();
        assert_eq!(server.asked()[0]["model"], asked);
    }
}

#[tokio::test]
async fn a_server_on_this_machine_costs_nothing_and_needs_no_price() {
    let chunk = r#"{"id":"c","model":"llama3","choices":[{"index":0,"delta":{"content":"moo"},"finish_reason":"stop"}]}"#;
    let server = Server::start([Reply::stream(format!("data: {chunk}\n\ndata: [DONE]\n\n"))]).await;
    let world = World::new(Some(0.000_001)).await;
    world.set("OLLAMA_BASE_URL", &server.url);
    let ran = world.run("claude_chat", json!({"prompt": "hi", "model": "ollama/llama3"})).await;
    assert_eq!(ran.result()["response"], "moo");
    let cost = world.cost().await;
    assert_eq!((cost.spent, cost.calls, cost.unpriced_calls), (Money::ZERO, 1, 0));
    assert_eq!(ran.result()["usage"], json!(null));
}

#[tokio::test]
async fn a_demonstration_says_so_first_and_last() {
    let server = Server::start([Reply::stream(answer("ok", "end_turn", 1))]).await;
    let world = World::with_claude_at(&server.url, None).await;
    world.set("AGENT_RUNNER_DEMO", "1");
    let ran = world.run("claude_chat", json!({"prompt": "hi"})).await;
    assert_eq!(ran.result()["demo"], true);
    let first = &ran.events[0];
    assert!(matches!(first, EventBody::Log { line, .. } if line.starts_with("demo:")), "{first:?}");
}

#[tokio::test]
async fn text_is_told_a_few_times_a_second() {
    let delta = |text: &str| {
        format!(
            "data: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}\n\n"
        )
    };
    let whole = answer("", "end_turn", 9);
    let at = whole.find("data: {\"type\":\"content_block_stop").unwrap();
    let mut reply = Reply::stream(&whole[..at]);
    for number in 0..100 {
        reply = reply.then(std::time::Duration::from_millis(8), delta(&format!("{number} ")));
    }
    let server = Server::start([reply.then(std::time::Duration::ZERO, &whole[at..])]).await;
    let world = World::with_claude_at(&server.url, None).await;
    let ran = world.run("claude_chat", json!({"prompt": "count"})).await;
    let texts = ran.events.iter().filter(|event| matches!(event, EventBody::Text { .. })).count();
    assert!((3..=8).contains(&texts), "{texts} events for a second");
    assert_eq!(ran.text(), ran.result()["response"]);
}
