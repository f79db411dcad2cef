//! One message, put together from its deltas: texts grow, tool calls are found by their number.

use std::collections::VecDeque;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::model::Event;

/// More tool calls in one answer are a server that has lost its mind.
const TOOL_CALLS_MAX: usize = 1000;

/// Texts of which a piece may come in every chunk. Others (an id, a name, a signature) come once.
const GROWING: [&str; 4] = ["content", "refusal", "reasoning_content", "reasoning"];

#[derive(Default)]
pub(super) struct Assembly {
    fields: Map<String, Value>,
    calls: Vec<Call>,
    chars: u64,
}

/// A tool call. The pieces of its input are not looked at until all are there.
#[derive(Default)]
struct Call {
    /// Everything but the function.
    fields: Map<String, Value>,
    name: String,
    arguments: String,
    announced: bool,
}

impl Assembly {
    /// How many characters of text, thinking and input have come.
    pub(super) fn chars(&self) -> u64 {
        self.chars
    }

    pub(super) fn add(
        &mut self,
        delta: Map<String, Value>,
        out: &mut VecDeque<Event>,
    ) -> Result<(), Error> {
        for (field, value) in delta {
            match (field.as_str(), value) {
                (_, Value::Null) => {}
                ("tool_calls", Value::Array(calls)) => {
                    for call in calls {
                        self.add_call(call, out)?;
                    }
                }
                (growing, Value::String(piece)) if GROWING.contains(&growing) => {
                    self.add_text(growing, piece, out);
                }
                (_, value) => merge(&mut self.fields, field, value),
            }
        }
        Ok(())
    }

    fn add_text(&mut self, field: &str, piece: String, out: &mut VecDeque<Event>) {
        grow(&mut self.fields, field, &piece);
        if piece.is_empty() {
            return;
        }
        self.chars += piece.chars().count() as u64;
        out.push_back(match field {
            "content" | "refusal" => Event::TextDelta { block: 0, text: piece },
            _ => Event::ThinkingDelta { block: 0, text: piece },
        });
    }

    fn add_call(&mut self, call: Value, out: &mut VecDeque<Event>) -> Result<(), Error> {
        let Value::Object(mut delta) = call else {
            return Err(garbled("a tool call that is no object"));
        };
        let at = self.place(&mut delta)?;
        while self.calls.len() <= at {
            self.calls.push(Call::default());
        }
        let call = &mut self.calls[at];
        if let Some(Value::Object(function)) = delta.remove("function") {
            let piece = |name: &str| function.get(name).and_then(Value::as_str).unwrap_or_default();
            call.name.push_str(piece("name"));
            let json = piece("arguments").to_owned();
            call.arguments.push_str(&json);
            self.chars += json.chars().count() as u64;
            call.announce(at, out);
            if !json.is_empty() {
                out.push_back(Event::ToolInputDelta { block: at + 1, json });
            }
        }
        for (field, value) in delta.into_iter().filter(|(_, value)| !value.is_null()) {
            merge(&mut call.fields, field, value);
        }
        call.announce(at, out);
        Ok(())
    }

    /// Which call a piece belongs to. Servers that leave the number out send calls whole.
    fn place(&self, delta: &mut Map<String, Value>) -> Result<usize, Error> {
        let at = match delta.remove("index") {
            None | Some(Value::Null) => self.calls.len(),
            Some(index) => index
                .as_u64()
                .and_then(|index| usize::try_from(index).ok())
                .ok_or_else(|| garbled("the number of a tool call"))?,
        };
        if at >= TOOL_CALLS_MAX { Err(garbled("too many tool calls")) } else { Ok(at) }
    }

    /// The message, as if it had come in one piece.
    pub(super) fn whole(mut self) -> Box<RawValue> {
        self.fields.entry("role").or_insert("assistant".into());
        // A number that was skipped is no call.
        let calls: Vec<Value> =
            self.calls.into_iter().filter(|call| !call.name.is_empty()).map(Call::whole).collect();
        if !calls.is_empty() {
            self.fields.insert("tool_calls".into(), calls.into());
        }
        to_raw_value(&self.fields).expect("a JSON value is JSON")
    }
}

impl Call {
    fn announce(&mut self, at: usize, out: &mut VecDeque<Event>) {
        let id = self.fields.get("id").and_then(Value::as_str);
        if let Some(id) = id.filter(|_| !self.announced && !self.name.is_empty()) {
            let (id, name) = (id.to_owned(), self.name.clone());
            self.announced = true;
            out.push_back(Event::ToolStarted { block: at + 1, id, name });
        }
    }

    fn whole(mut self) -> Value {
        let function = serde_json::json!({"name": self.name, "arguments": self.arguments});
        self.fields.entry("type").or_insert("function".into());
        self.fields.insert("function".into(), function);
        Value::Object(self.fields)
    }
}

fn grow(fields: &mut Map<String, Value>, field: &str, piece: &str) {
    match fields.get_mut(field) {
        Some(Value::String(text)) => text.push_str(piece),
        _ => {
            fields.insert(field.to_owned(), piece.into());
        }
    }
}

/// Lists grow, objects are merged, and all else is replaced.
fn merge(fields: &mut Map<String, Value>, field: String, value: Value) {
    match (fields.get_mut(&field), value) {
        (Some(Value::Array(old)), Value::Array(new)) => old.extend(new),
        (Some(Value::Object(old)), Value::Object(new)) => {
            for (name, value) in new {
                merge(old, name, value);
            }
        }
        (_, value) => {
            fields.insert(field, value);
        }
    }
}

fn garbled(what: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("a chunk of the stream cannot be read: {what}"))
}
