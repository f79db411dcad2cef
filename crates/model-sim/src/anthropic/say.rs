//! Answers, whole and streamed.

use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::refusal;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::cache::{self, Split};
use crate::fault::Fault;
use crate::stream::{paced, pieces};
use crate::world::{World, digest};

pub(super) fn message(world: &World, ask: &Ask, body: &Value) -> Value {
    let answer = world.answer(ask);
    json!({
        "id": world.id("msg_"), "type": "message", "role": "assistant", "model": ask.model,
        "content": content(world, &answer),
        "stop_reason": answer.stop_reason(), "stop_sequence": answer.stop_sequence,
        "stop_details": stop_details(&answer),
        "usage": usage(world, ask, &answer, body),
    })
}

/// What a thinking block must bring back.
pub(super) fn signature(thinking: &str) -> String {
    digest(&format!("thought by nobody: {thinking}"))
}

fn content(world: &World, answer: &Answer) -> Vec<Value> {
    let thinking = answer.thinking.iter().map(|thinking| {
        json!({"type": "thinking", "thinking": thinking, "signature": signature(thinking)})
    });
    let text = (!answer.text.is_empty()).then(|| json!({"type": "text", "text": answer.text}));
    let calls = answer.tool_calls.iter().map(|call| {
        let input = if call.input.is_null() { json!({}) } else { call.input.clone() };
        json!({"type": "tool_use", "id": world.id("toolu_"), "name": call.name, "input": input})
    });
    thinking.chain(text).chain(calls).collect()
}

fn stop_details(answer: &Answer) -> Value {
    if answer.stop_reason() == "refusal" {
        json!({"type": "refusal", "category": null, "explanation": "It was asked to refuse."})
    } else {
        Value::Null
    }
}

fn usage(world: &World, ask: &Ask, answer: &Answer, body: &Value) -> Value {
    let cached = cache_control(body).map(|ttl| (split(world, body), ttl));
    let (Split { read, written }, ttl) = cached.unwrap_or_default();
    let for_an_hour = if ttl == "1h" { written } else { 0 };
    let input = if ttl.is_empty() { ask.prompt_tokens } else { 0 };
    json!({
        "input_tokens": input, "output_tokens": answer.tokens(),
        "cache_read_input_tokens": read, "cache_creation_input_tokens": written,
        "cache_creation": {
            "ephemeral_5m_input_tokens": written - for_an_hour,
            "ephemeral_1h_input_tokens": for_an_hour,
        },
        "output_tokens_details": {"thinking_tokens": answer.thinking_tokens()},
        "service_tier": "standard",
    })
}

fn cache_control(body: &Value) -> Option<&str> {
    let control = body.get("cache_control").filter(|control| !control.is_null())?;
    Some(control["ttl"].as_str().unwrap_or("5m"))
}

fn split(world: &World, body: &Value) -> Split {
    let mut parts: Vec<&Value> =
        ["tools", "system"].iter().filter_map(|name| body.get(name)).collect();
    parts.extend(body["messages"].as_array().into_iter().flatten());
    cache::split(world, &parts)
}

pub(super) fn streamed(message: &Value, fault: &Fault, pace: Duration) -> Response {
    let mut events = vec![start(message), json!({"type": "ping"})];
    for (index, block) in message["content"].as_array().into_iter().flatten().enumerate() {
        events.extend(block_events(index, block));
    }
    let stop = ["stop_reason", "stop_sequence", "stop_details"];
    let stop: serde_json::Map<String, Value> =
        stop.iter().map(|name| ((*name).to_owned(), message[name].clone())).collect();
    events.push(json!({"type": "message_delta", "delta": stop, "usage": sums(&message["usage"])}));
    events.push(json!({"type": "message_stop"}));
    let error = framed(&refusal::error(529, "Overloaded"));
    paced(events.iter().map(framed).collect(), error, fault, pace)
}

fn framed(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default())
}

/// The message before anything is written.
fn start(message: &Value) -> Value {
    let mut message = message.clone();
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    message["stop_sequence"] = Value::Null;
    message["stop_details"] = Value::Null;
    message["usage"]["output_tokens"] = 1.into();
    message["usage"]["output_tokens_details"] = Value::Null;
    json!({"type": "message_start", "message": message})
}

fn sums(usage: &Value) -> Value {
    let mut sums = usage.clone();
    if let Value::Object(fields) = &mut sums {
        fields.remove("cache_creation");
        fields.remove("service_tier");
    }
    sums
}

fn block_events(index: usize, block: &Value) -> Vec<Value> {
    let text = |name: &str| block[name].as_str().unwrap_or_default();
    let grow = |kind: &str, field: &str, whole: &str| -> Vec<Value> {
        let deltas = pieces(whole).into_iter().map(|piece| json!({"type": kind, field: piece}));
        deltas.collect()
    };
    let (first, deltas) = match text("type") {
        "thinking" => {
            let mut deltas = grow("thinking_delta", "thinking", text("thinking"));
            deltas.push(json!({"type": "signature_delta", "signature": text("signature")}));
            (json!({"type": "thinking", "thinking": "", "signature": ""}), deltas)
        }
        "tool_use" => {
            let mut first = block.clone();
            first["input"] = json!({});
            (first, grow("input_json_delta", "partial_json", &block["input"].to_string()))
        }
        _ => (json!({"type": "text", "text": ""}), grow("text_delta", "text", text("text"))),
    };
    let mut events =
        vec![json!({"type": "content_block_start", "index": index, "content_block": first})];
    events.extend(
        deltas
            .into_iter()
            .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
    );
    events.push(json!({"type": "content_block_stop", "index": index}));
    events
}
