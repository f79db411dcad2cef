//! The Messages API.

mod blocks;
mod check;
mod refusal;
mod say;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use self::refusal::Refusal;
use crate::ask::{Ask, Choice, Tool, texts};
use crate::fault::Fault;
use crate::models;
use crate::tokens;
use crate::world::{World, fingerprint};

pub(crate) const VERSION_HEADER: &str = "anthropic-version";

pub(crate) async fn messages(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let response =
        answer(&world, &headers, &body).await.unwrap_or_else(IntoResponse::into_response);
    with_request_id(&world, response)
}

pub(crate) async fn count_tokens(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let counted = check::headers(&headers)
        .and_then(|version| check::body(&body, version, check::Kind::Count))
        .map(|checked| {
            world.keep("anthropic count_tokens", &checked.body);
            Json(json!({"input_tokens": prompt_tokens(&checked.body)})).into_response()
        });
    with_request_id(&world, counted.unwrap_or_else(IntoResponse::into_response))
}

pub(crate) fn models(world: &World, headers: &HeaderMap) -> Response {
    let listed = check::headers(headers).map(|_| {
        let data: Vec<Value> =
            models::CLAUDE.iter().map(models::Model::described_by_anthropic).collect();
        let (first, last) = (data.first().map(|m| &m["id"]), data.last().map(|m| &m["id"]));
        Json(json!({"data": data, "has_more": false, "first_id": first, "last_id": last}))
            .into_response()
    });
    with_request_id(world, listed.unwrap_or_else(IntoResponse::into_response))
}

pub(crate) fn model(world: &World, headers: &HeaderMap, id: &str) -> Response {
    let found = check::headers(headers).and_then(|_| {
        let found = models::CLAUDE.iter().find(|model| model.id == id);
        found.ok_or_else(|| Refusal::no_such_model(id))
    });
    let response = found.map(|model| Json(model.described_by_anthropic()).into_response());
    with_request_id(world, response.unwrap_or_else(IntoResponse::into_response))
}

async fn answer(world: &World, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refusal> {
    let version = check::headers(headers)?;
    let checked = check::body(body, version, check::Kind::Message)?;
    let ask = ask(&checked);
    let fingerprint = fingerprint(&checked.body);
    world.keep("anthropic", &checked.body);
    let asked_before = world.asked(&fingerprint, &ask);
    let fault = Fault::of_call(world, headers, &checked.faults, &ask.prompt, asked_before)
        .map_err(|message| Refusal::invalid(&message))?;
    tokio::time::sleep(fault.pause()).await;
    if let Some(status) = fault.status {
        return Err(Refusal::ordered(status, fault.retry_after));
    }
    world.paid_for(&fingerprint);
    let message = say::message(world, &ask, &checked.body);
    if checked.body["stream"] == Value::Bool(true) {
        return Ok(say::streamed(&message, &fault, world.pace()));
    }
    Ok(Json(message).into_response())
}

fn with_request_id(world: &World, mut response: Response) -> Response {
    let id = HeaderValue::from_str(&world.id("req_")).expect("letters and digits");
    response.headers_mut().insert("request-id", id);
    response
}

fn prompt_tokens(body: &Value) -> u64 {
    let parts = [&body["system"], &body["messages"], &body["tools"]];
    parts.iter().filter(|part| !part.is_null()).map(|part| tokens::of(&part.to_string())).sum()
}

fn ask(checked: &check::Checked) -> Ask {
    let body = &checked.body;
    let none = Vec::new();
    let messages = body["messages"].as_array().unwrap_or(&none);
    let blocks::LastWords { prompt, called, results } = blocks::last_words(messages);
    let tools = body["tools"].as_array().unwrap_or(&none).iter().filter_map(|tool| {
        let name = tool["name"].as_str()?.to_owned();
        Some(Tool { name, schema: tool.get("input_schema")?.clone() })
    });
    let choice = &body["tool_choice"];
    Ask {
        model: checked.model.clone(),
        system: texts(&body["system"]),
        prompt,
        called,
        results,
        tools: tools.collect(),
        choice: match choice["type"].as_str() {
            Some("any") => Choice::Any,
            Some("tool") => Choice::Named(choice["name"].as_str().unwrap_or_default().into()),
            Some("none") => Choice::None,
            _ => Choice::Auto,
        },
        one_tool: choice["disable_parallel_tool_use"] == Value::Bool(true),
        schema: body["output_config"]["format"].get("schema").cloned(),
        thinks: matches!(body["thinking"]["type"].as_str(), Some("enabled" | "adaptive")),
        stops: serde_json::from_value(body["stop_sequences"].clone()).unwrap_or_default(),
        output_tokens_max: body["max_tokens"].as_u64().unwrap_or_default(),
        prompt_tokens: prompt_tokens(body),
    }
}
