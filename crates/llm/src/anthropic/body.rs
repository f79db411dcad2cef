//! Requests, as Anthropic reads them.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::block::{Block, BlockView};
use crate::request::{CacheFor, Request, Role, Tool, ToolChoice};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    messages: Vec<Turn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tools: &'a [Tool],
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: &'a Role,
    content: Vec<Box<RawValue>>,
}

pub(super) fn message(request: &Request, stream: bool) -> Vec<u8> {
    let mut rest = settings(request);
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            rest.insert(name.into(), value);
        }
    };
    set("stream", stream.then_some(Value::Bool(true)));
    set("temperature", request.temperature.map(Value::from));
    set("top_p", request.top_p.map(Value::from));
    set("service_tier", request.service_tier.clone().map(Value::from));
    set("metadata", request.user.as_ref().map(|user| json!({"user_id": user})));
    let stops = &request.stop_sequences;
    set("stop_sequences", (!stops.is_empty()).then(|| json!(stops)));
    body(request, Some(request.max_tokens), rest)
}

/// The body of `count_tokens`, which refuses what has no bearing on the prompt.
pub(super) fn count(request: &Request) -> Vec<u8> {
    body(request, None, settings(request))
}

fn body(request: &Request, max_tokens: Option<u32>, mut rest: Map<String, Value>) -> Vec<u8> {
    rest.extend(request.extra.clone());
    let body = Body {
        model: &request.model,
        max_tokens,
        messages: request.messages.iter().map(|m| turn(&m.role, &m.content)).collect(),
        system: request.system.as_deref(),
        tools: &request.tools,
        rest,
    };
    serde_json::to_vec(&body).expect("everything in a request is JSON")
}

/// What both kinds of calls take.
fn settings(request: &Request) -> Map<String, Value> {
    let mut settings = Map::new();
    if let Some(choice) = tool_choice(request) {
        settings.insert("tool_choice".into(), choice);
    }
    if let Some(output) = output_config(request) {
        settings.insert("output_config".into(), output);
    }
    if let Some(cache) = request.cache {
        let ttl = match cache {
            CacheFor::FiveMinutes => "5m",
            CacheFor::OneHour => "1h",
        };
        settings.insert("cache_control".into(), json!({"type": "ephemeral", "ttl": ttl}));
    }
    settings
}

fn tool_choice(request: &Request) -> Option<Value> {
    let mut choice = match &request.tool_choice {
        ToolChoice::Auto if !request.one_tool_at_a_time => return None,
        _ if request.tools.is_empty() => return None,
        ToolChoice::Auto => json!({"type": "auto"}),
        ToolChoice::Any => json!({"type": "any"}),
        ToolChoice::Tool(name) => json!({"type": "tool", "name": name}),
        ToolChoice::None => return Some(json!({"type": "none"})),
    };
    if request.one_tool_at_a_time {
        choice["disable_parallel_tool_use"] = Value::Bool(true);
    }
    Some(choice)
}

fn output_config(request: &Request) -> Option<Value> {
    let mut config = Map::new();
    if let Some(effort) = &request.effort {
        config.insert("effort".into(), effort.as_str().into());
    }
    if let Some(schema) = &request.output_schema {
        config.insert("format".into(), json!({"type": "json_schema", "schema": schema}));
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

fn turn<'a>(role: &'a Role, content: &[Block]) -> Turn<'a> {
    Turn { role, content: content.iter().filter_map(sendable).collect() }
}

/// A block as Anthropic takes it back: its bytes, but for what is not theirs.
fn sendable(block: &Block) -> Option<Box<RawValue>> {
    match block.view() {
        BlockView::Other(kind) if kind == crate::openai::CARRIED => None,
        // The API refuses an input that is no object, even though its model wrote it.
        BlockView::ToolUse(call) if call.input().is_err() => {
            Some(Block::tool_use(&call.id, &call.name, "{}").raw().to_owned())
        }
        _ => Some(block.raw().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Effort, Message};

    fn sent(request: &Request) -> Value {
        serde_json::from_slice(&message(request, false)).unwrap()
    }

    #[test]
    fn a_plain_call_sends_nothing_that_was_not_asked_for() {
        let body = sent(&Request::new("claude-x", 5).user("hi"));
        let content = json!([{"type": "text", "text": "hi"}]);
        let messages = json!([{"role": "user", "content": content}]);
        assert_eq!(body, json!({"model": "claude-x", "max_tokens": 5, "messages": messages}));
    }

    #[test]
    fn every_setting_has_its_field() {
        let mut request = Request::new("claude-x", 5).user("hi");
        request.system = Some("be brief".into());
        request.tools = vec![Tool {
            name: "t".into(),
            description: "d".into(),
            input_schema: json!({"type": "object"}),
            strict: true,
        }];
        request.tool_choice = ToolChoice::Tool("t".into());
        request.one_tool_at_a_time = true;
        request.temperature = Some(0.5);
        request.stop_sequences = vec!["END".into()];
        request.output_schema = Some(json!({"type": "object"}));
        request.effort = Some(Effort::Low);
        request.cache = Some(CacheFor::OneHour);
        request.user = Some("u1".into());
        request.extra.insert("thinking".into(), json!({"type": "adaptive"}));
        let mut body = sent(&request);
        body.as_object_mut().unwrap().remove("messages");
        let expected = json!({
            "model": "claude-x", "max_tokens": 5, "system": "be brief", "temperature": 0.5,
            "tools": [{"name": "t", "description": "d", "input_schema": {"type": "object"}, "strict": true}],
            "tool_choice": {"type": "tool", "name": "t", "disable_parallel_tool_use": true},
            "stop_sequences": ["END"], "metadata": {"user_id": "u1"},
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
            "cache_control": {"type": "ephemeral", "ttl": "1h"}, "thinking": {"type": "adaptive"},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn blocks_go_back_byte_for_byte() {
        let raw = r#"{"type":"thinking", "signature":"é==","thinking":"a\u0041b","n":1.50}"#;
        let block: Block = serde_json::from_str(raw).unwrap();
        let mut request = Request::new("m", 1).user("hi");
        request.messages.push(Message::assistant(vec![block]));
        let body = String::from_utf8(message(&request, true)).unwrap();
        assert!(body.contains(raw), "{body}");
    }

    #[test]
    fn an_input_that_is_no_object_goes_back_as_one() {
        let mut request = Request::new("m", 1).user("hi");
        let broken = Block::tool_use("t1", "add", r#"{"a":"#);
        request.messages.push(Message::assistant(vec![broken]));
        let call = &sent(&request)["messages"][1]["content"][0];
        assert_eq!(call, &json!({"type": "tool_use", "id": "t1", "name": "add", "input": {}}));
    }
}
