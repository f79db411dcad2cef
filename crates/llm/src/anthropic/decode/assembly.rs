//! One content block, put together from its pieces.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::block::{Block, BlockView, tool_input};
use crate::model::Event;

/// The block as it began, and what was added. Fields that no delta touches stay as they came.
pub(super) struct Assembly {
    first: Block,
    texts: BTreeMap<&'static str, String>,
    input: String,
    citations: Vec<Value>,
}

impl Assembly {
    pub(super) fn new(content_block: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let first = Block::from_raw(content_block)?;
        Ok(Self { first, texts: BTreeMap::new(), input: String::new(), citations: Vec::new() })
    }

    /// What is already known when the block begins.
    pub(super) fn opening(&self, block: usize) -> Option<Event> {
        match self.first.view() {
            BlockView::ToolUse(call) => {
                Some(Event::ToolStarted { block, id: call.id.clone(), name: call.name.clone() })
            }
            BlockView::Text(text) if !text.is_empty() => {
                Some(Event::TextDelta { block, text: text.clone() })
            }
            _ => None,
        }
    }

    /// Adds a piece. Returns the event it makes, and how many characters the model wrote.
    pub(super) fn add(&mut self, block: usize, delta: &Value) -> Option<(Event, u64)> {
        let piece = |name: &str| delta.get(name).and_then(Value::as_str);
        match piece("type")? {
            "text_delta" => {
                let text = self.append("text", piece("text")?);
                Some((Event::TextDelta { block, text: text.clone() }, chars(&text)))
            }
            "thinking_delta" => {
                let text = self.append("thinking", piece("thinking")?);
                Some((Event::ThinkingDelta { block, text: text.clone() }, chars(&text)))
            }
            "signature_delta" => {
                self.append("signature", piece("signature")?);
                None
            }
            "input_json_delta" => {
                let json = piece("partial_json")?.to_owned();
                self.input.push_str(&json);
                let written = chars(&json);
                Some((Event::ToolInputDelta { block, json }, written))
            }
            "citations_delta" => {
                self.citations.push(delta.get("citation")?.clone());
                None
            }
            _ => None,
        }
    }

    fn append(&mut self, field: &'static str, piece: &str) -> String {
        self.texts.entry(field).or_default().push_str(piece);
        piece.to_owned()
    }

    pub(super) fn finish(self) -> Result<Block, serde_json::Error> {
        if self.texts.is_empty() && self.input.is_empty() && self.citations.is_empty() {
            return Ok(self.first);
        }
        let mut fields: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(self.first.raw().get())?;
        for (field, added) in self.texts {
            let begun: Option<String> =
                fields.get(field).and_then(|raw| serde_json::from_str(raw.get()).ok());
            let whole = format!("{}{added}", begun.unwrap_or_default());
            fields.insert(field.into(), to_raw_value(&whole)?);
        }
        if !self.input.is_empty() {
            fields.insert("input".into(), tool_input(&self.input));
        }
        if !self.citations.is_empty() {
            fields.insert("citations".into(), to_raw_value(&self.citations)?);
        }
        Block::from_raw(to_raw_value(&fields)?)
    }
}

fn chars(text: &str) -> u64 {
    text.chars().count() as u64
}
