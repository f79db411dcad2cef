//! Answers, whole and streamed.

use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::refusal;
use crate::answer::Answer;
use crate::ask::Ask;
use crate::fault::Fault;
use crate::stream::{paced, pieces};
use crate::world::World;

/// When the simulated world was made.
const CREATED: u64 = 1_767_225_600;

pub(super) fn completion(world: &World, ask: &Ask) -> Value {
    let answer = world.answer(ask);
    let (prompt, output) = (ask.prompt_tokens, answer.tokens());
    json!({
        "id": world.id("chatcmpl-"), "object": "chat.completion", "created": CREATED,
        "model": ask.model, "service_tier": "default",
        "choices": [{
            "index": 0, "logprobs": null, "finish_reason": finish_reason(&answer),
            "message": message(world, &answer),
        }],
        "usage": {
            "prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    })
}

fn message(world: &World, answer: &Answer) -> Value {
    let calls: Vec<Value> = answer
        .tool_calls
        .iter()
        .map(|call| {
            let function = json!({"name": call.name, "arguments": call.input.to_string()});
            json!({"id": world.id("call_"), "type": "function", "function": function})
        })
        .collect();
    let refuses = answer.stop_reason() == "refusal";
    let text = Some(&answer.text).filter(|text| !text.is_empty() || calls.is_empty());
    let mut message = json!({
        "role": "assistant",
        "content": text.filter(|_| !refuses), "refusal": text.filter(|_| refuses),
    });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    message
}

fn finish_reason(answer: &Answer) -> &str {
    match answer.stop_reason() {
        "tool_use" => "tool_calls",
        "max_tokens" => "length",
        _ => "stop",
    }
}

pub(super) fn streamed(
    completion: &Value,
    with_usage: bool,
    fault: &Fault,
    pace: Duration,
) -> Response {
    let choice = &completion["choices"][0];
    let chunk = |delta: Value, reason: &Value| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason});
        let mut chunk = completion.clone();
        chunk["object"] = "chat.completion.chunk".into();
        chunk["choices"] = json!([choice]);
        chunk["usage"] = Value::Null;
        chunk
    };
    let mut chunks =
        vec![chunk(json!({"role": "assistant", "content": "", "refusal": null}), &Value::Null)];
    chunks.extend(deltas(&choice["message"]).into_iter().map(|delta| chunk(delta, &Value::Null)));
    chunks.push(chunk(json!({}), &choice["finish_reason"]));
    if with_usage {
        let mut last = chunk(json!({}), &Value::Null);
        last["choices"] = json!([]);
        last["usage"] = completion["usage"].clone();
        chunks.push(last);
    }
    let mut events: Vec<String> = chunks.iter().map(framed).collect();
    events.push("data: [DONE]\n\n".into());
    paced(events, framed(&refusal::error(500, "broken off as ordered")), fault, pace)
}

fn framed(chunk: &Value) -> String {
    format!("data: {chunk}\n\n")
}

fn deltas(message: &Value) -> Vec<Value> {
    let grow = |field: &'static str| {
        let pieces = pieces(message[field].as_str().unwrap_or_default());
        pieces.into_iter().map(move |piece| json!({field: piece}))
    };
    let mut deltas: Vec<Value> = grow("content").chain(grow("refusal")).collect();
    for (index, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let mut first = call.clone();
        first["index"] = index.into();
        first["function"]["arguments"] = "".into();
        deltas.push(json!({"tool_calls": [first]}));
        let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
        deltas.extend(pieces(arguments).into_iter().map(
            |piece| json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}),
        ));
    }
    deltas
}
