//! The parts of a message: text, tool calls, images, and whatever else a model says.
//!
//! A block is its JSON, exactly as it came, with a typed view beside it. What goes back to the model
//! in the next turn is that JSON, byte for byte: signatures of thinking depend on it, and kinds of
//! blocks that nobody knew here survive.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Block {
    raw: Box<RawValue>,
    view: BlockView,
}

/// What of a block this crate understands.
#[derive(Clone, Debug)]
pub enum BlockView {
    Text(String),
    Thinking(String),
    ToolUse(ToolUse),
    ToolResult {
        tool_use_id: String,
        is_error: bool,
    },
    Image,
    Document,
    /// Anything else, by the name it gives itself.
    Other(String),
}

/// The model asks for a tool.
#[derive(Clone, Debug, Deserialize)]
pub struct ToolUse {
    pub id: String,
    pub name: String,
    /// As the model wrote it. Not an object: it wrote no JSON, or was cut off; then this is a
    /// JSON string of what it wrote.
    pub input: Box<RawValue>,
}

impl ToolUse {
    /// The input; `Err` holds what the model wrote instead of an object.
    ///
    /// # Errors
    /// The text of the model, if that is not a JSON object.
    pub fn input(&self) -> Result<Value, String> {
        match serde_json::from_str(self.input.get()) {
            Ok(object @ Value::Object(_)) => Ok(object),
            Ok(Value::String(text)) => Err(text),
            _ => Err(self.input.get().to_owned()),
        }
    }

    /// The input as text on which OpenAI's API insists.
    pub(crate) fn arguments(&self) -> String {
        match self.input() {
            Ok(_) => self.input.get().to_owned(),
            Err(text) => text,
        }
    }
}

impl Block {
    /// A block from its JSON.
    ///
    /// # Errors
    /// If the JSON is no object with a `type`.
    pub fn from_raw(raw: Box<RawValue>) -> Result<Self, serde_json::Error> {
        let Kind { kind } = serde_json::from_str(raw.get())?;
        let view = view(&kind, &raw).unwrap_or(BlockView::Other(kind));
        Ok(Self { raw, view })
    }

    pub(crate) fn from_value(value: &Value) -> Self {
        let raw = serde_json::value::to_raw_value(value).expect("a JSON value is JSON");
        Self::from_raw(raw).expect("built here, with a type")
    }

    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::from_value(&json!({"type": "text", "text": text.into()}))
    }

    /// An image of which the bytes are here.
    #[must_use]
    pub fn image(media_type: &str, base64: &str) -> Self {
        let source = json!({"type": "base64", "media_type": media_type, "data": base64});
        Self::from_value(&json!({"type": "image", "source": source}))
    }

    /// A PDF of which the bytes are here.
    #[must_use]
    pub fn pdf(title: &str, base64: &str) -> Self {
        let source = json!({"type": "base64", "media_type": "application/pdf", "data": base64});
        Self::from_value(&json!({"type": "document", "source": source, "title": title}))
    }

    /// A document that is text.
    #[must_use]
    pub fn plain_document(title: &str, text: &str) -> Self {
        let source = json!({"type": "text", "media_type": "text/plain", "data": text});
        Self::from_value(&json!({"type": "document", "source": source, "title": title}))
    }

    /// What a tool answered.
    #[must_use]
    pub fn tool_result(tool_use_id: &str, text: &str, is_error: bool) -> Self {
        let mut result =
            json!({"type": "tool_result", "tool_use_id": tool_use_id, "content": text});
        if is_error {
            result["is_error"] = Value::Bool(true);
        }
        Self::from_value(&result)
    }

    /// A tool call, as OpenAI's API reports it.
    pub(crate) fn tool_use(id: &str, name: &str, arguments: &str) -> Self {
        let input = tool_input(arguments);
        let raw = format!(
            r#"{{"type":"tool_use","id":{},"name":{},"input":{}}}"#,
            Value::from(id),
            Value::from(name),
            input.get(),
        );
        let raw = RawValue::from_string(raw).expect("put together from JSON");
        Self::from_raw(raw).expect("built here, with a type")
    }

    #[must_use]
    pub fn view(&self) -> &BlockView {
        &self.view
    }

    /// The JSON, byte for byte.
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        &self.raw
    }
}

/// What the model wrote as the input of a tool: JSON as it stands, else a JSON string of it.
pub(crate) fn tool_input(written: &str) -> Box<RawValue> {
    let written = written.trim();
    let text = if written.is_empty() { "{}" } else { written };
    RawValue::from_string(text.to_owned()).unwrap_or_else(|_| {
        serde_json::value::to_raw_value(text).expect("every text is a JSON string")
    })
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
}

/// `None`: a block of this kind does not look like that here, so it is only carried.
fn view(kind: &str, raw: &RawValue) -> Option<BlockView> {
    #[derive(Deserialize)]
    struct Text {
        text: String,
    }
    #[derive(Deserialize)]
    struct Thinking {
        thinking: String,
    }
    #[derive(Deserialize)]
    struct ToolResult {
        tool_use_id: String,
        #[serde(default)]
        is_error: bool,
    }
    let json = raw.get();
    match kind {
        "text" => serde_json::from_str(json).ok().map(|Text { text }| BlockView::Text(text)),
        "thinking" => serde_json::from_str(json)
            .ok()
            .map(|Thinking { thinking }| BlockView::Thinking(thinking)),
        "tool_use" => serde_json::from_str(json).ok().map(BlockView::ToolUse),
        "tool_result" => {
            serde_json::from_str(json).ok().map(|ToolResult { tool_use_id, is_error }| {
                BlockView::ToolResult { tool_use_id, is_error }
            })
        }
        "image" => Some(BlockView::Image),
        "document" => Some(BlockView::Document),
        _ => None,
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        self.raw.get() == other.raw.get()
    }
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_raw(Box::<RawValue>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_keeps_its_bytes_whatever_is_in_it() {
        let texts = [
            r#"{"type":"thinking",  "signature":"s==","thinking":"hm","new":1.0}"#,
            r#"{"type":"from_the_future","n":123456789012345678901234567890}"#,
            r#"{"type":"text"}"#,
        ];
        for text in texts {
            let block: Block = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&block).unwrap(), text);
        }
    }

    #[test]
    fn a_known_kind_that_looks_strange_is_carried() {
        let block: Block = serde_json::from_str(r#"{"type":"text","words":[]}"#).unwrap();
        assert!(matches!(block.view(), BlockView::Other(kind) if kind == "text"));
    }

    #[test]
    fn a_block_without_a_type_is_refused() {
        assert!(serde_json::from_str::<Block>(r#"{"text":"x"}"#).is_err());
        assert!(serde_json::from_str::<Block>("7").is_err());
    }

    #[test]
    fn input_that_is_no_json_is_kept_as_a_text() {
        let block = Block::tool_use("t", "add", r#"{"a": 1, "b"#);
        let BlockView::ToolUse(call) = block.view() else { panic!("{block:?}") };
        assert_eq!(call.input(), Err(r#"{"a": 1, "b"#.to_owned()));
        assert_eq!(call.arguments(), r#"{"a": 1, "b"#);
    }

    #[test]
    fn no_input_is_an_empty_object() {
        let block = Block::tool_use("t", "now", "");
        let BlockView::ToolUse(call) = block.view() else { panic!("{block:?}") };
        assert_eq!(call.input(), Ok(json!({})));
    }
}
