//! Models that work with tools.

mod family;
mod fetch;
mod files;
mod http_tools;
mod jobs;
mod mcp;
mod repeating;
mod site;
mod turns;

use agent_runner_domain::job::Failure;
use serde_json::{Value, json};

pub(crate) use self::family::Family;
use crate::{
    server::{Reply, Server},
    world::{Ran, World},
};

/// What the model answers in one turn.
fn turn(content: &[Value], stop_reason: &str) -> Reply {
    let mut events =
        vec![json!({"type": "message_start", "message": {"id": "m", "model": "claude-sonnet-5-5",
        "content": [], "usage": {"input_tokens": 7, "output_tokens": 1}}})];
    for (index, block) in content.iter().enumerate() {
        let mut begun = block.clone();
        let delta = match block["type"].as_str() {
            Some("text") => json!({"type": "text_delta", "text": begun["text"].take()}),
            Some("tool_use") => {
                let input = begun["input"].take();
                // A text stands for what is no JSON.
                let written = input.as_str().map_or_else(|| input.to_string(), str::to_owned);
                begun["input"] = json!({});
                json!({"type": "input_json_delta", "partial_json": written})
            }
            _ => Value::Null,
        };
        if begun.get("text").is_some() {
            begun["text"] = json!("");
        }
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begun}));
        if !delta.is_null() {
            events.push(json!({"type": "content_block_delta", "index": index, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop_reason},
        "usage": {"output_tokens": 5}}));
    events.push(json!({"type": "message_stop"}));
    let events: Vec<String> = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    Reply::stream(events.concat())
}

#[expect(clippy::needless_pass_by_value, reason = "it is made where it is given")]
fn call(id: &str, name: &str, input: Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

fn calls(calls: &[Value]) -> Reply {
    turn(calls, "tool_use")
}

fn end(text: &str) -> Reply {
    turn(&[json!({"type": "text", "text": text})], "end_turn")
}

/// A job whose model has these turns.
struct Play {
    model: Server,
    world: World,
}

impl Play {
    async fn of(turns: impl IntoIterator<Item = Reply>) -> Self {
        let model = Server::start(turns).await;
        let world = World::with_claude_at(&model.url, Some(1.0)).await;
        world.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
        Self { model, world }
    }

    async fn run(&self, tools: Value) -> Ran {
        self.world.run("tool_agent", json!({"prompt": "go", "tools": tools})).await
    }

    async fn failure(&self, payload: Value) -> Failure {
        self.world.run("tool_agent", payload).await.failure().clone()
    }

    /// What the model was told by its tools before its `nth` turn: `(content, is_error)`.
    fn told(&self, nth: usize) -> Vec<(String, bool)> {
        let body = self.model.asked()[nth - 1].clone();
        let last = body["messages"].as_array().unwrap().last().unwrap()["content"].clone();
        let results = last.as_array().unwrap().iter().map(|block| {
            assert_eq!(block["type"], "tool_result", "{last}");
            let text = match &block["content"] {
                Value::String(text) => text.clone(),
                blocks => blocks[0]["text"].as_str().unwrap().to_owned(),
            };
            (text, block["is_error"] == true)
        });
        results.collect()
    }

    /// Of the only call of the first turn.
    fn answer(&self) -> (String, bool) {
        let mut told = self.told(2);
        assert_eq!(told.len(), 1);
        told.remove(0)
    }
}

/// One call of one tool, and what the model is told of it.
async fn once(tools: Value, name: &str, input: Value) -> (String, bool) {
    let play = Play::of([calls(&[call("t1", name, input)]), end("done")]).await;
    let ran = play.run(tools).await;
    assert_eq!(ran.result()["response"], "done");
    play.answer()
}
