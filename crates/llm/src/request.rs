//! What is asked of a model, whoever serves it.

mod check;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::block::Block;
use crate::open_enum::open_enum;

open_enum! {
    /// Who speaks.
    Role { User = "user", Assistant = "assistant", System = "system" }
}

open_enum! {
    /// How much trouble the model should take.
    Effort { Low = "low", Medium = "medium", High = "high", ExtraHigh = "xhigh", Max = "max" }
}

/// One turn. Its JSON is that of Anthropic's API, whoever is asked: that is how transcripts are kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Message {
    pub role: Role,
    pub content: Vec<Block>,
}

impl Message {
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, content: vec![Block::text(text)] }
    }

    #[must_use]
    pub fn assistant(content: Vec<Block>) -> Self {
        Self { role: Role::Assistant, content }
    }
}

/// Content may be a bare text, as in the API.
impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            role: Role,
            content: Box<RawValue>,
        }
        let wire = Wire::deserialize(deserializer)?;
        let content = if wire.content.get().starts_with('"') {
            let text: String =
                serde_json::from_str(wire.content.get()).map_err(D::Error::custom)?;
            vec![Block::text(text)]
        } else {
            serde_json::from_str(wire.content.get()).map_err(D::Error::custom)?
        };
        Ok(Self { role: wire.role, content })
    }
}

/// A tool that the model may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A JSON Schema of an object.
    pub input_schema: Value,
    /// The provider then holds the model to the schema.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    Auto,
    /// Some tool, whichever.
    Any,
    /// This one.
    Tool(String),
    None,
}

/// How long the provider may keep what it has read of a prompt, to read it cheaper next time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheFor {
    FiveMinutes,
    OneHour,
}

/// One call of a model. `Request::new` and then set what differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub model: String,
    pub max_tokens: u32,
    pub system: Option<String>,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    /// At most one tool call per turn.
    pub one_tool_at_a_time: bool,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    pub stop_sequences: Vec<String>,
    /// The answer is JSON of this schema.
    pub output_schema: Option<Value>,
    pub effort: Option<Effort>,
    /// Anthropic only: mark the end of the prompt for the cache.
    pub cache: Option<CacheFor>,
    pub service_tier: Option<String>,
    /// Who asks, as an opaque id; for the provider's checks on abuse.
    pub user: Option<String>,
    /// More fields of the body, as the provider documents them. They win over all others.
    pub extra: Map<String, Value>,
}

impl Request {
    #[must_use]
    pub fn new(model: impl Into<String>, max_tokens: u32) -> Self {
        Self {
            model: model.into(),
            max_tokens,
            system: None,
            messages: Vec::new(),
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            one_tool_at_a_time: false,
            temperature: None,
            top_p: None,
            stop_sequences: Vec::new(),
            output_schema: None,
            effort: None,
            cache: None,
            service_tier: None,
            user: None,
            extra: Map::new(),
        }
    }

    /// The same call with one more turn of the user.
    #[must_use]
    pub fn user(mut self, text: impl Into<String>) -> Self {
        self.messages.push(Message::user(text));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_may_be_a_bare_text() {
        let message: Message = serde_json::from_str(r#"{"role":"user","content":"hi"}"#).unwrap();
        assert_eq!(message, Message::user("hi"));
    }

    #[test]
    fn a_transcript_survives_being_kept_byte_for_byte() {
        let kept = r#"[{"role":"assistant","content":[{"type":"new","x":1.50}]},{"role":"robot","content":[]}]"#;
        let messages: Vec<Message> = serde_json::from_str(kept).unwrap();
        assert_eq!(serde_json::to_string(&messages).unwrap(), kept);
    }

    #[test]
    fn a_transcript_can_be_read_from_a_parsed_payload() {
        let value =
            serde_json::json!([{"role": "user", "content": [{"type": "text", "text": "hi"}]}]);
        let messages: Vec<Message> = serde_json::from_value(value).unwrap();
        assert_eq!(messages.len(), 1);
    }
}
