//! Requests, as OpenAI reads them.

mod turns;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Dialect;
use crate::error::Error;
use crate::request::{Request, ToolChoice};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Box<RawValue>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// # Errors
/// If a block of a message has no counterpart in this API.
pub(super) fn chat(request: &Request, dialect: Dialect, stream: bool) -> Result<Vec<u8>, Error> {
    let mut rest = settings(request);
    let limit = match dialect {
        Dialect::OpenAi => "max_completion_tokens",
        Dialect::Compatible => "max_tokens",
    };
    rest.insert(limit.into(), request.max_tokens.into());
    if stream {
        rest.insert("stream".into(), true.into());
        rest.insert("stream_options".into(), json!({"include_usage": true}));
    }
    rest.extend(request.extra.clone());
    let body = Body { model: &request.model, messages: turns::turns(request)?, rest };
    Ok(serde_json::to_vec(&body).expect("everything in a request is JSON"))
}

fn settings(request: &Request) -> Map<String, Value> {
    let mut settings = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            settings.insert(name.into(), value);
        }
    };
    set("temperature", request.temperature.map(Value::from));
    set("top_p", request.top_p.map(Value::from));
    let stops = &request.stop_sequences;
    set("stop", (!stops.is_empty()).then(|| json!(stops)));
    set("reasoning_effort", request.effort.as_ref().map(|effort| effort.as_str().into()));
    set("service_tier", request.service_tier.clone().map(Value::from));
    set("safety_identifier", request.user.clone().map(Value::from));
    set("response_format", request.output_schema.as_ref().map(response_format));
    if !request.tools.is_empty() {
        set("tools", Some(tools(request)));
        set("tool_choice", tool_choice(&request.tool_choice));
        set("parallel_tool_calls", request.one_tool_at_a_time.then_some(Value::Bool(false)));
    }
    settings
}

fn response_format(schema: &Value) -> Value {
    let format = json!({"name": "answer", "schema": schema, "strict": true});
    json!({"type": "json_schema", "json_schema": format})
}

fn tools(request: &Request) -> Value {
    let tools = request.tools.iter().map(|tool| {
        let mut function = json!({"name": tool.name, "parameters": tool.input_schema});
        if !tool.description.is_empty() {
            function["description"] = tool.description.clone().into();
        }
        if tool.strict {
            function["strict"] = true.into();
        }
        json!({"type": "function", "function": function})
    });
    tools.collect()
}

fn tool_choice(choice: &ToolChoice) -> Option<Value> {
    match choice {
        ToolChoice::Auto => None,
        ToolChoice::Any => Some("required".into()),
        ToolChoice::None => Some("none".into()),
        ToolChoice::Tool(name) => Some(json!({"type": "function", "function": {"name": name}})),
    }
}
