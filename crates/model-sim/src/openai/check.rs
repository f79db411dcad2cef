//! What OpenAI would refuse, and in which words.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::limits;
use super::refusal::Refusal;
use crate::models;

type Check<T = ()> = Result<T, Refusal>;

/// A body that passed.
pub(super) struct Checked {
    pub(super) body: Value,
    /// Without the faults in its name.
    pub(super) model: String,
    pub(super) faults: String,
}

const FIELDS: &[&str] = &[
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

const ROLES: [&str; 5] = ["system", "developer", "user", "assistant", "tool"];

pub(crate) fn key(headers: &HeaderMap) -> Check {
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    match key.and_then(|key| key.strip_prefix("Bearer ")) {
        None | Some("") => {
            Err(Refusal::coded(401, "missing_api_key", "You didn't provide an API key."))
        }
        Some("wrong") => {
            Err(Refusal::coded(401, "invalid_api_key", "Incorrect API key provided: wrong."))
        }
        Some(_) => Ok(()),
    }
}

pub(super) fn body(bytes: &[u8]) -> Check<Checked> {
    let body: Value = serde_json::from_slice(bytes).map_err(|_| {
        Refusal::invalid("We could not parse the JSON body of your request.", "body")
    })?;
    let Value::Object(fields) = &body else {
        return Err(Refusal::invalid("The body must be a JSON object.", "body"));
    };
    if let Some(name) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(Refusal::coded(
            400,
            "unknown_parameter",
            &format!("Unknown parameter: '{name}'."),
        ));
    }
    let Some(name) = fields.get("model").and_then(Value::as_str) else {
        return Err(Refusal::invalid("you must provide a model parameter", "model"));
    };
    let (name, faults) = name.split_once('+').unwrap_or((name, ""));
    if !models::is_known_to_openai(name) {
        return Err(Refusal::no_such_model(name));
    }
    if name.starts_with("gpt-") && fields.contains_key("max_tokens") {
        return Err(Refusal::coded(
            400,
            "unsupported_parameter",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        ));
    }
    messages(fields)?;
    limits::check(fields)?;
    tools(fields)?;
    let (model, faults) = (name.to_owned(), faults.to_owned());
    Ok(Checked { body, model, faults })
}

fn messages(fields: &Map<String, Value>) -> Check {
    let messages = fields.get("messages").and_then(Value::as_array).filter(|list| !list.is_empty());
    let Some(messages) = messages else {
        return Err(Refusal::invalid("Missing required parameter: 'messages'.", "messages"));
    };
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !ROLES.contains(&role) {
            return Err(Refusal::invalid(
                &format!(
                    "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'."
                ),
                &format!("messages[{at}].role"),
            ));
        }
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let found = open.iter().position(|open| *open == id).ok_or_else(|| {
                Refusal::invalid(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
                    &format!("messages[{at}].role"),
                )
            })?;
            open.remove(found);
            continue;
        }
        answered(&open)?;
        let calls = message["tool_calls"].as_array();
        if message["content"].is_null() && calls.is_none_or(Vec::is_empty) {
            return Err(Refusal::invalid(
                "Invalid value for 'content': expected a string, got null.",
                &format!("messages[{at}].content"),
            ));
        }
        open = calls.into_iter().flatten().filter_map(|call| call["id"].as_str()).collect();
    }
    answered(&open)
}

fn answered(open: &[&str]) -> Check {
    if open.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(
        &format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            open.join(", ")
        ),
        "messages",
    ))
}

fn tools(fields: &Map<String, Value>) -> Check {
    let tools = fields.get("tools").and_then(Value::as_array);
    for (at, tool) in tools.into_iter().flatten().enumerate() {
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=64).contains(&name.len()) || !name.chars().all(allowed) {
            let message = format!(
                "Invalid 'tools[{at}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
            );
            return Err(Refusal::invalid(&message, &format!("tools[{at}].function.name")));
        }
        let kind = tool["function"].get("parameters").map(|schema| &schema["type"]);
        if let Some(kind) = kind.filter(|kind| *kind != "object") {
            let message = format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {kind}'."
            );
            return Err(Refusal::coded(400, "invalid_function_parameters", &message));
        }
    }
    Ok(())
}
