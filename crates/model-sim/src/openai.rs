//! The chat API.

mod check;
mod limits;
mod refusal;
mod say;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

pub(crate) use self::check::key;
use self::refusal::Refusal;
use crate::ask::{Ask, Choice, Tool, texts};
use crate::fault::Fault;
use crate::models;
use crate::tokens;
use crate::world::{World, fingerprint};

pub(crate) async fn completions(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = answer(&world, &headers, &body).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let id = HeaderValue::from_str(&world.id("req_")).expect("letters and digits");
    response.headers_mut().insert("x-request-id", id);
    response
}

pub(crate) fn model(headers: &HeaderMap, id: &str) -> Response {
    let found = key(headers).and_then(|()| {
        if models::is_known_to_openai(id) { Ok(()) } else { Err(Refusal::no_such_model(id)) }
    });
    found.map_or_else(IntoResponse::into_response, |()| {
        let model =
            json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "sim"});
        Json(model).into_response()
    })
}

async fn answer(world: &World, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    key(headers)?;
    let checked = check::body(body)?;
    let ask = ask(&checked);
    let fingerprint = fingerprint(&checked.body);
    world.keep("openai", &checked.body);
    let asked_before = world.asked(&fingerprint, &ask);
    let fault = Fault::of_call(world, headers, &checked.faults, &ask.prompt, asked_before)
        .map_err(|message| Refusal::invalid(&message, "x-sim-fault"))?;
    tokio::time::sleep(fault.pause()).await;
    if let Some(status) = fault.status {
        return Err(Refusal::ordered(status, fault.retry_after));
    }
    world.paid_for(&fingerprint);
    let completion = say::completion(world, &ask);
    if checked.body["stream"] == Value::Bool(true) {
        let with_usage = checked.body["stream_options"]["include_usage"] == Value::Bool(true);
        return Ok(say::streamed(&completion, with_usage, &fault, world.pace()));
    }
    Ok(Json(completion).into_response())
}

fn ask(checked: &check::Checked) -> Ask {
    let body = &checked.body;
    let none = Vec::new();
    let messages = body["messages"].as_array().unwrap_or(&none);
    let of = |role: &'static str| messages.iter().filter(move |message| message["role"] == role);
    let asked_at = messages.iter().rposition(|message| message["role"] == "user").unwrap_or(0);
    let since = &messages[asked_at..];
    let answers = since.iter().filter(|message| message["role"] == "tool");
    let calls = since.iter().filter_map(|message| message["tool_calls"].as_array()).flatten();
    let tools = body["tools"].as_array().unwrap_or(&none).iter().filter_map(|tool| {
        let function = tool.get("function")?;
        let schema =
            function.get("parameters").cloned().unwrap_or_else(|| json!({"type": "object"}));
        Some(Tool { name: function["name"].as_str()?.to_owned(), schema })
    });
    let stops = match &body["stop"] {
        Value::String(stop) => vec![stop.clone()],
        other => serde_json::from_value(other.clone()).unwrap_or_default(),
    };
    Ask {
        model: checked.model.clone(),
        system: of("system").map(|message| texts(&message["content"])).collect(),
        prompt: texts(&messages[asked_at]["content"]),
        called: calls.filter_map(|call| Some(call["function"]["name"].as_str()?.into())).collect(),
        results: answers.map(|message| texts(&message["content"])).collect(),
        tools: tools.collect(),
        choice: match &body["tool_choice"] {
            Value::String(choice) if choice == "required" => Choice::Any,
            Value::String(choice) if choice == "none" => Choice::None,
            choice => choice["function"]["name"]
                .as_str()
                .map_or(Choice::Auto, |name| Choice::Named(name.to_owned())),
        },
        one_tool: body["parallel_tool_calls"] == Value::Bool(false),
        schema: body["response_format"]["json_schema"].get("schema").cloned(),
        thinks: false,
        stops,
        output_tokens_max: body["max_completion_tokens"]
            .as_u64()
            .or_else(|| body["max_tokens"].as_u64())
            .unwrap_or(u64::MAX),
        prompt_tokens: tokens::of(&body["messages"].to_string())
            + tokens::of(&body["tools"].to_string()),
    }
}
