//! What a conversation has come to.

use agent_runner_llm::{Response, Usage};
use serde::Serialize;
use serde_json::Value;

use crate::tools::shortened;

/// All inputs and outputs together have to fit into a result.
const RESULT_CHARS_MAX: usize = 1_000_000;
const PART_CHARS_MAX: usize = 10_000;

/// A call as the result shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CalledTool {
    pub(crate) name: String,
    pub(crate) input: Value,
    pub(crate) output: String,
    pub(crate) is_error: bool,
    /// How long it took, in the attempt that made it.
    pub(crate) ms: u64,
    /// Addresses that have answered.
    #[serde(skip)]
    pub(crate) sources: Vec<String>,
}

/// What is known so far; on failure, the partial result.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Progress {
    /// What the model has said last.
    pub(crate) response: String,
    pub(crate) tool_calls: Vec<CalledTool>,
    pub(crate) turns: u32,
    pub(crate) usage: Option<Usage>,
}

impl Progress {
    pub(super) fn add(&mut self, response: &Response) {
        self.turns += 1;
        let text = response.text();
        if !text.is_empty() {
            self.response = text;
        }
        if let Some(usage) = &response.usage {
            *self.usage.get_or_insert_default() += usage;
        }
    }

    /// So that it fits into a result.
    pub(super) fn shortened(mut self) -> Self {
        let parts = 2 * self.tool_calls.len().max(1);
        let chars_max = PART_CHARS_MAX.min(RESULT_CHARS_MAX / parts);
        for call in &mut self.tool_calls {
            call.output = shortened(std::mem::take(&mut call.output), chars_max);
            call.input = shortened_value(std::mem::take(&mut call.input), chars_max);
        }
        self
    }
}

/// A long value as the beginning and the end of its JSON.
pub(super) fn shortened_value(value: Value, chars_max: usize) -> Value {
    let json = value.to_string();
    if json.len() <= chars_max { value } else { Value::String(shortened(json, chars_max)) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn however_many_calls_there_were_the_result_has_room_for_them() {
        let call = CalledTool {
            name: "write_file".to_owned(),
            input: json!({"content": "x".repeat(100_000)}),
            output: "y".repeat(100_000),
            is_error: false,
            ms: 1,
            sources: Vec::new(),
        };
        let progress = Progress { tool_calls: vec![call; 1_000], ..Progress::default() };
        let json = serde_json::to_string(&progress.shortened()).unwrap();
        assert!(json.len() < 2_000_000, "{}", json.len());
    }
}
