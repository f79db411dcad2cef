//! A transcript, told in OpenAI's way: tool results are turns of their own.

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::block::{Block, BlockView};
use crate::error::{Error, ErrorKind};
use crate::openai::carried::carried;
use crate::request::{Message, Request, Role};

pub(super) fn turns(request: &Request) -> Result<Vec<Box<RawValue>>, Error> {
    let mut turns = Vec::new();
    if let Some(system) = &request.system {
        turns.push(raw(&json!({"role": "system", "content": system})));
    }
    for message in &request.messages {
        match message.role {
            Role::Assistant => turns.push(assistant(message)),
            _ => others(message, &mut turns)?,
        }
    }
    Ok(turns)
}

fn raw(value: &Value) -> Box<RawValue> {
    to_raw_value(value).expect("a JSON value is JSON")
}

/// What the model itself said. Its thinking is not told again, unless the message is carried whole.
fn assistant(message: &Message) -> Box<RawValue> {
    if let Some(whole) = carried(&message.content) {
        return whole;
    }
    let mut text = String::new();
    let mut calls = Vec::new();
    for block in &message.content {
        match block.view() {
            BlockView::Text(part) => text.push_str(part),
            BlockView::ToolUse(call) => {
                let function = json!({"name": call.name, "arguments": call.arguments()});
                calls.push(json!({"id": call.id, "type": "function", "function": function}));
            }
            _ => {}
        }
    }
    let mut turn = json!({"role": "assistant"});
    turn["content"] = if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() };
    if !calls.is_empty() {
        turn["tool_calls"] = calls.into();
    }
    raw(&turn)
}

fn others(message: &Message, turns: &mut Vec<Box<RawValue>>) -> Result<(), Error> {
    let mut parts = Vec::new();
    for block in &message.content {
        match block.view() {
            BlockView::ToolResult { tool_use_id, is_error } => {
                turns.push(tool_result(block, tool_use_id, *is_error)?);
            }
            _ => parts.push(part(block)?),
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let only_text = match parts.as_slice() {
        [only] => only.get("text").cloned(),
        _ => None,
    };
    let content = only_text.unwrap_or(Value::Array(parts));
    turns.push(raw(&json!({"role": message.role, "content": content})));
    Ok(())
}

/// This API has no mark for failure, so the text says it.
fn tool_result(block: &Block, id: &str, is_error: bool) -> Result<Box<RawValue>, Error> {
    #[derive(Deserialize)]
    struct Answer {
        content: Option<Value>,
    }
    let Answer { content } = read(block)?;
    let text = match content {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(Value::Array(parts)) => texts(&parts)?,
        Some(_) => return Err(no_counterpart("tool_result with strange content")),
    };
    let text = if is_error { format!("Error: {text}") } else { text };
    Ok(raw(&json!({"role": "tool", "tool_call_id": id, "content": text})))
}

fn texts(parts: &[Value]) -> Result<String, Error> {
    let texts = parts.iter().map(|part| {
        let text = part.get("text").and_then(Value::as_str);
        text.ok_or_else(|| no_counterpart("tool_result with more than text"))
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

#[derive(Deserialize)]
struct Sourced {
    source: Source,
    title: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    data: String,
    #[serde(default)]
    url: String,
}

impl Source {
    fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, self.data)
    }
}

fn part(block: &Block) -> Result<Value, Error> {
    match block.view() {
        BlockView::Text(text) => Ok(json!({"type": "text", "text": text})),
        BlockView::Image => {
            let Sourced { source, .. } = read(block)?;
            let url = match source.kind.as_str() {
                "base64" => source.data_url(),
                "url" => source.url,
                _ => return Err(no_counterpart("image from a file")),
            };
            Ok(json!({"type": "image_url", "image_url": {"url": url}}))
        }
        BlockView::Document => document(&read(block)?),
        BlockView::Other(kind) => Err(no_counterpart(kind)),
        BlockView::Thinking(_) | BlockView::ToolUse(_) | BlockView::ToolResult { .. } => {
            Err(no_counterpart("turn of the user with words of the model"))
        }
    }
}

fn document(Sourced { source, title }: &Sourced) -> Result<Value, Error> {
    let title = title.as_deref().unwrap_or("document");
    match source.kind.as_str() {
        "text" => Ok(json!({"type": "text", "text": format!("{title}:\n{}", source.data)})),
        "base64" => {
            let file = json!({"filename": title, "file_data": source.data_url()});
            Ok(json!({"type": "file", "file": file}))
        }
        _ => Err(no_counterpart("document that is not in the message")),
    }
}

fn read<T: serde::de::DeserializeOwned>(block: &Block) -> Result<T, Error> {
    serde_json::from_str(block.raw().get()).map_err(|error| {
        let message = format!("messages: a block cannot be read: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })
}

fn no_counterpart(what: &str) -> Error {
    let message =
        format!("messages: a {what} cannot be told to a server that speaks OpenAI's chat API");
    Error::new(ErrorKind::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(messages: Vec<Message>) -> Value {
        let mut request = Request::new("m", 1);
        request.messages = messages;
        let turns = turns(&request).unwrap();
        turns.iter().map(|turn| serde_json::from_str::<Value>(turn.get()).unwrap()).collect()
    }

    #[test]
    fn a_tool_loop_is_told_in_turns() {
        let result = Block::tool_result("c1", "no such city", true);
        let turns = told(vec![
            Message::user("weather?"),
            Message::assistant(vec![
                Block::text("Let me look."),
                Block::tool_use("c1", "weather", r#"{"city":  "Ulm"}"#),
            ]),
            Message { role: Role::User, content: vec![result, Block::text("and now?")] },
        ]);
        let function = json!({"name": "weather", "arguments": r#"{"city":  "Ulm"}"#});
        let expected = json!([
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": "Let me look.",
             "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": "c1", "content": "Error: no such city"},
            {"role": "user", "content": "and now?"},
        ]);
        assert_eq!(turns, expected);
    }

    #[test]
    fn images_and_documents_have_counterparts() {
        let content = vec![
            Block::image("image/png", "AAAA"),
            Block::pdf("a.pdf", "BBBB"),
            Block::plain_document("notes", "n"),
            Block::text("what is this?"),
        ];
        let expected = json!([
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB"}},
            {"type": "text", "text": "notes:\nn"},
            {"type": "text", "text": "what is this?"},
        ]);
        assert_eq!(told(vec![Message { role: Role::User, content }])[0]["content"], expected);
    }

    #[test]
    fn what_cannot_be_told_is_refused_by_name() {
        let block: Block = serde_json::from_str(r#"{"type":"container_upload"}"#).unwrap();
        let mut request = Request::new("m", 1);
        request.messages = vec![Message { role: Role::User, content: vec![block] }];
        assert!(turns(&request).unwrap_err().message.contains("container_upload"));
    }
}
