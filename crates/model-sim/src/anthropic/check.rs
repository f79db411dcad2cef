//! What Anthropic would refuse, and in which words.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::VERSION_HEADER;
use super::blocks;
use super::refusal::Refusal;
use crate::models::{self, Model};

type Check<T = ()> = Result<T, Refusal>;

/// A body that passed.
pub(super) struct Checked {
    pub(super) body: Value,
    /// Without the faults in its name.
    pub(super) model: String,
    pub(super) faults: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Count,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    Older,
    /// Samples as it likes.
    Newer,
}

const BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "cache_control",
    "speed",
];
const FIELDS_OF_A_MESSAGE: &[&str] = &[
    "max_tokens",
    "stream",
    "stop_sequences",
    "metadata",
    "service_tier",
    "temperature",
    "top_p",
    "top_k",
    "container",
    "diagnostics",
    "inference_geo",
];

pub(super) fn headers(headers: &HeaderMap) -> Check<Version> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match text("x-api-key").or(bearer) {
        None => return Err(Refusal::new(401, "x-api-key header is required")),
        Some(key) if key.trim().is_empty() || key == "wrong" => {
            return Err(Refusal::new(401, "invalid x-api-key"));
        }
        Some(_) => {}
    }
    match text(VERSION_HEADER) {
        Some("2023-06-01") => Ok(Version::Older),
        Some("2026-10-21") => Ok(Version::Newer),
        None => Err(Refusal::invalid("anthropic-version: header is required")),
        Some(other) => {
            Err(Refusal::invalid(&format!("anthropic-version: \"{other}\" is not a valid version")))
        }
    }
}

pub(super) fn body(bytes: &[u8], version: Version, kind: Kind) -> Check<Checked> {
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Refusal::new(413, "Request exceeds the maximum size"));
    }
    let body: Value = serde_json::from_slice(bytes).map_err(|error| {
        Refusal::invalid(&format!("The request body is not valid JSON: {error}"))
    })?;
    let Value::Object(fields) = &body else {
        return Err(Refusal::invalid("The request body must be a JSON object"));
    };
    known_fields(fields, kind)?;
    let name = fields.get("model").ok_or_else(|| Refusal::invalid("model: Field required"))?;
    let name =
        name.as_str().ok_or_else(|| Refusal::invalid("model: Input should be a valid string"))?;
    let (name, faults) = name.split_once('+').unwrap_or((name, ""));
    let model = models::claude(name).ok_or_else(|| Refusal::no_such_model(name))?;
    if kind == Kind::Message {
        settings(fields, version, model)?;
    }
    blocks::messages(fields, model)?;
    tools(fields)?;
    let tokens = super::prompt_tokens(&body);
    if tokens > model.prompt_tokens_max {
        let maximum = model.prompt_tokens_max;
        return Err(Refusal::invalid(&format!(
            "prompt is too long: {tokens} tokens > {maximum} maximum"
        )));
    }
    let (model, faults) = (name.to_owned(), faults.to_owned());
    Ok(Checked { body, model, faults })
}

fn known_fields(fields: &Map<String, Value>, kind: Kind) -> Check {
    let is_known = |name: &str| {
        FIELDS.contains(&name) || (kind == Kind::Message && FIELDS_OF_A_MESSAGE.contains(&name))
    };
    match fields.keys().find(|name| !is_known(name)) {
        Some(name) => Err(Refusal::invalid(&format!("{name}: Extra inputs are not permitted"))),
        None => Ok(()),
    }
}

fn settings(fields: &Map<String, Value>, version: Version, model: &Model) -> Check {
    let Some(limit) = fields.get("max_tokens") else {
        return Err(Refusal::invalid("max_tokens: Field required"));
    };
    let limit = limit.as_u64().filter(|limit| *limit > 0).ok_or_else(|| {
        Refusal::invalid("max_tokens: Input should be greater than or equal to 1")
    })?;
    if limit > model.output_tokens_max {
        return Err(Refusal::invalid(&format!(
            "max_tokens: {limit} > {}, which is the maximum allowed number of output tokens for {}",
            model.output_tokens_max, model.id
        )));
    }
    for name in ["temperature", "top_p", "top_k"] {
        let Some(value) = fields.get(name) else { continue };
        if version == Version::Newer {
            return Err(Refusal::invalid(&format!("{name}: Extra inputs are not permitted")));
        }
        if name != "top_k" && !value.as_f64().is_some_and(|v| (0.0..=1.0).contains(&v)) {
            return Err(Refusal::invalid(&format!("{name}: range: 0..1")));
        }
    }
    let budget = fields.get("thinking").and_then(|thinking| thinking.get("budget_tokens"));
    match budget.and_then(Value::as_u64) {
        Some(budget) if budget < 1024 => Err(Refusal::invalid(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        )),
        Some(budget) if budget >= limit => {
            Err(Refusal::invalid("`max_tokens` must be greater than `thinking.budget_tokens`"))
        }
        _ => Ok(()),
    }
}

fn tools(fields: &Map<String, Value>) -> Check {
    let none = Vec::new();
    let tools = fields.get("tools").and_then(Value::as_array).unwrap_or(&none);
    let mut names = Vec::new();
    for (at, tool) in tools.iter().enumerate() {
        let name = tool.get("name").and_then(Value::as_str).unwrap_or_default();
        // Tools that run at Anthropic's have a type and no schema.
        if tool.get("type").is_none_or(|kind| kind == "custom") {
            own_tool(at, name, tool)?;
        }
        if names.contains(&name) {
            return Err(Refusal::invalid("tools: Tool names must be unique."));
        }
        names.push(name);
    }
    match fields.get("tool_choice") {
        Some(choice) if tools.is_empty() && choice["type"] != "none" => {
            Err(Refusal::invalid("tool_choice: may only be specified while providing tools"))
        }
        Some(choice) if choice["type"] == "tool" => {
            let name = choice["name"].as_str().unwrap_or_default();
            let message = format!("Tool '{name}' not found in provided tools");
            if names.contains(&name) { Ok(()) } else { Err(Refusal::invalid(&message)) }
        }
        _ => Ok(()),
    }
}

fn own_tool(at: usize, name: &str, tool: &Value) -> Check {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(1..=128).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(Refusal::invalid(&format!(
            "tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
        )));
    }
    match tool.get("input_schema") {
        None => Err(Refusal::invalid(&format!("tools.{at}.custom.input_schema: Field required"))),
        Some(schema) if schema.get("type").is_none() => {
            Err(Refusal::invalid(&format!("tools.{at}.custom.input_schema.type: Field required")))
        }
        Some(schema) if schema["type"] != "object" => Err(Refusal::invalid(&format!(
            "tools.{at}.custom.input_schema.type: Input should be 'object'"
        ))),
        Some(_) => Ok(()),
    }
}
