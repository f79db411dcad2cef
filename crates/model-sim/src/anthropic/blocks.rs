//! The messages of a request: their form, and how their tool calls and answers belong together.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::say::signature;
use crate::ask::texts;
use crate::models::Model;

type Check = Result<(), Refusal>;

/// Blocks, and the fields that each must have.
const BLOCKS: &[(&str, &[&str])] = &[
    ("text", &["text"]),
    ("image", &["source"]),
    ("document", &["source"]),
    ("search_result", &["content", "source", "title"]),
    ("thinking", &["thinking", "signature"]),
    ("redacted_thinking", &["data"]),
    ("tool_use", &["id", "name", "input"]),
    ("tool_result", &["tool_use_id"]),
    ("server_tool_use", &["id", "name", "input"]),
    ("web_search_tool_result", &["tool_use_id", "content"]),
    ("web_fetch_tool_result", &["tool_use_id", "content"]),
    ("code_execution_tool_result", &["tool_use_id", "content"]),
    ("container_upload", &["file_id"]),
];

pub(super) fn messages(fields: &Map<String, Value>, model: &Model) -> Check {
    let Some(messages) = fields.get("messages") else {
        return Err(Refusal::invalid("messages: Field required"));
    };
    let messages = messages
        .as_array()
        .ok_or_else(|| Refusal::invalid("messages: Input should be a valid list"))?;
    let Some(last) = messages.last() else {
        return Err(Refusal::invalid("messages: at least one message is required"));
    };
    for (at, message) in messages.iter().enumerate() {
        form(at, message)?;
    }
    pairs(messages)?;
    if last["role"] == "assistant" && !model.takes_prefill {
        return Err(Refusal::invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ));
    }
    Ok(())
}

fn form(at: usize, message: &Value) -> Check {
    if !matches!(message["role"].as_str(), Some("user" | "assistant" | "system")) {
        return Err(Refusal::invalid(&format!(
            "messages.{at}.role: Input should be 'user', 'assistant' or 'system'"
        )));
    }
    match &message["content"] {
        Value::String(text) if text.is_empty() => {
            Err(Refusal::invalid(&format!("messages.{at}: content must be non-empty")))
        }
        Value::String(_) => Ok(()),
        Value::Array(blocks) if blocks.is_empty() => {
            Err(Refusal::invalid(&format!("messages.{at}: content must be non-empty")))
        }
        Value::Array(blocks) => blocks
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| block(&format!("messages.{at}.content.{index}"), value)),
        _ => Err(Refusal::invalid(&format!("messages.{at}.content: Input should be a valid list"))),
    }
}

fn block(path: &str, block: &Value) -> Check {
    let kind = block["type"].as_str().unwrap_or_default();
    let Some((_, needed)) = BLOCKS.iter().find(|(name, _)| *name == kind) else {
        return Err(Refusal::invalid(&format!(
            "{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
        )));
    };
    if let Some(missing) = needed.iter().find(|name| block.get(name).is_none()) {
        return Err(Refusal::invalid(&format!("{path}.{kind}.{missing}: Field required")));
    }
    match kind {
        "text" if block["text"].as_str().is_none_or(str::is_empty) => {
            Err(Refusal::invalid(&format!("{path}: text content blocks must be non-empty")))
        }
        "tool_use" if !block["input"].is_object() => Err(Refusal::invalid(&format!(
            "{path}.tool_use.input: Input should be a valid dictionary"
        ))),
        "thinking"
            if block["signature"] != signature(block["thinking"].as_str().unwrap_or_default()) =>
        {
            Err(Refusal::invalid(&format!("{path}: Invalid `signature` in `thinking` block")))
        }
        _ => Ok(()),
    }
}

/// Every call of a tool is answered in the very next message, and nothing else is.
fn pairs(messages: &[Value]) -> Check {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let ids = |kind: &str, field: &str| -> Vec<&str> {
            let blocks = message["content"].as_array().into_iter().flatten();
            blocks.filter(|b| b["type"] == kind).filter_map(|b| b.get(field)?.as_str()).collect()
        };
        let answered = ids("tool_result", "tool_use_id");
        if let Some(stray) = answered.iter().find(|id| !open.contains(id)) {
            return Err(Refusal::invalid(&format!(
                "messages.{at}.content: unexpected `tool_use_id` found in `tool_result` blocks: {stray}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )));
        }
        open.retain(|id| !answered.contains(id));
        unanswered(at.saturating_sub(1), &open)?;
        open = ids("tool_use", "id");
    }
    unanswered(messages.len() - 1, &open)
}

fn unanswered(at: usize, open: &[&str]) -> Check {
    if open.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(&format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        open.join(", ")
    )))
}

/// The last words of a person, and which tools were called and have answered since.
#[derive(Default)]
pub(super) struct LastWords {
    pub(super) prompt: String,
    pub(super) called: Vec<String>,
    pub(super) results: Vec<String>,
}

pub(super) fn last_words(messages: &[Value]) -> LastWords {
    let mut last = LastWords::default();
    for message in messages.iter().rev() {
        let blocks = message["content"].as_array().into_iter().flatten();
        if message["role"] == "user" {
            last.prompt = texts(&message["content"]);
            if !last.prompt.is_empty() {
                break;
            }
            last.results.splice(0..0, blocks.map(|block| texts(&block["content"])));
        } else {
            let calls = blocks.filter(|block| block["type"] == "tool_use");
            let names = calls.filter_map(|call| call["name"].as_str().map(str::to_owned));
            last.called.splice(0..0, names);
        }
    }
    last
}
