//! What a server says beyond the standard, and wants to hear again in the next turn.
//!
//! DeepSeek and GLM want their `reasoning_content` back, Gemini the signature in the `extra_content`
//! of a tool call. Such a message is kept whole in a block of its own; it goes back to this API byte
//! for byte, and to no other.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::block::{Block, BlockView};

/// The type of that block.
pub(crate) const CARRIED: &str = "openai_message";

const STANDARD: [&str; 7] =
    ["role", "content", "refusal", "annotations", "audio", "function_call", "tool_calls"];
const STANDARD_OF_A_CALL: [&str; 4] = ["id", "type", "function", "index"];

/// A block for this message, if it holds anything that the other blocks would lose.
pub(super) fn carry(message: &RawValue) -> Option<Block> {
    let fields: Map<String, Value> = serde_json::from_str(message.get()).ok()?;
    let says_more = has_more(&fields, &STANDARD)
        || fields.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| {
            calls
                .iter()
                .filter_map(Value::as_object)
                .any(|call| has_more(call, &STANDARD_OF_A_CALL))
        });
    says_more.then(|| {
        let raw = format!(r#"{{"type":"{CARRIED}","message":{}}}"#, message.get());
        let raw = RawValue::from_string(raw).expect("put together from JSON");
        Block::from_raw(raw).expect("built here, with a type")
    })
}

fn has_more(fields: &Map<String, Value>, standard: &[&str]) -> bool {
    fields.iter().any(|(name, value)| !value.is_null() && !standard.contains(&name.as_str()))
}

/// The message in such a block.
pub(super) fn carried(content: &[Block]) -> Option<Box<RawValue>> {
    #[derive(serde::Deserialize)]
    struct Carrier {
        message: Box<RawValue>,
    }
    let block = content
        .iter()
        .find(|block| matches!(block.view(), BlockView::Other(kind) if kind == CARRIED))?;
    serde_json::from_str(block.raw().get()).ok().map(|Carrier { message }| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.into()).unwrap()
    }

    #[test]
    fn only_what_would_be_lost_is_carried() {
        let plain =
            r#"{"role":"assistant","content":"hi","refusal":null,"annotations":[],"x":null}"#;
        assert!(carry(&raw(plain)).is_none());
        for more in [
            r#"{"role":"assistant","reasoning_content":"hm",  "content":""}"#,
            r#"{"tool_calls":[{"id":"1","extra_content":{"google":{"thought_signature":"s"}}}]}"#,
        ] {
            let block = carry(&raw(more)).unwrap();
            assert_eq!(carried(&[Block::text("x"), block]).unwrap().get(), more);
        }
    }
}
