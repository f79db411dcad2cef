//! What is asked, without anybody's wire format around it.

use serde_json::Value;

/// One call, as far as the rules look at it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) model: String,
    pub(crate) system: String,
    /// The last thing that a person said.
    pub(crate) prompt: String,
    /// The tools that were called since, and what they have answered.
    pub(crate) called: Vec<String>,
    pub(crate) results: Vec<String>,
    pub(crate) tools: Vec<Tool>,
    pub(crate) choice: Choice,
    pub(crate) one_tool: bool,
    pub(crate) schema: Option<Value>,
    pub(crate) thinks: bool,
    pub(crate) stops: Vec<String>,
    pub(crate) output_tokens_max: u64,
    pub(crate) prompt_tokens: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) schema: Value,
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Choice {
    #[default]
    Auto,
    Any,
    Named(String),
    None,
}

/// The texts in a content that is a text or a list of blocks.
pub(crate) fn texts(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks
            .iter()
            .filter_map(|block| block.get("text").and_then(Value::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}
