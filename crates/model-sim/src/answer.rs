//! What the simulator says, before it is put in anybody's words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tokens;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    pub thinking: Option<String>,
    pub text: String,
    pub tool_calls: Vec<ToolCall>,
    /// As Anthropic says it. Without one it follows from the rest.
    pub stop_reason: Option<String>,
    /// Which of the caller's stop sequences it was.
    pub stop_sequence: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    pub name: String,
    #[serde(default)]
    pub input: Value,
}

impl Answer {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Ends where the caller wants it to: at a stop sequence, or when there is no room left.
    pub(crate) fn within(mut self, stops: &[String], tokens_max: u64) -> Self {
        let first = stops.iter().filter_map(|stop| Some((self.text.find(stop)?, stop))).min();
        if let Some((at, stop)) = first {
            self.text.truncate(at);
            self.tool_calls.clear();
            self.stop_reason = Some("stop_sequence".into());
            self.stop_sequence = Some(stop.clone());
        }
        if tokens::of(&self.text) > tokens_max {
            self.text = self.text.chars().take(tokens::chars(tokens_max)).collect();
            self.tool_calls.clear();
            self.stop_reason = Some("max_tokens".into());
        }
        self
    }

    pub(crate) fn stop_reason(&self) -> &str {
        match &self.stop_reason {
            Some(reason) => reason,
            None if self.tool_calls.is_empty() => "end_turn",
            None => "tool_use",
        }
    }

    pub(crate) fn tokens(&self) -> u64 {
        let calls = self.tool_calls.iter().map(|call| tokens::of(&call.input.to_string()) + 4);
        self.thinking_tokens() + tokens::of(&self.text) + calls.sum::<u64>()
    }

    pub(crate) fn thinking_tokens(&self) -> u64 {
        self.thinking.as_deref().map_or(0, tokens::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_at_the_first_stop_or_when_it_is_full() {
        let stops = ["c".to_owned(), "b".to_owned()];
        let stopped = Answer::text("abc").within(&stops, 9);
        assert_eq!((stopped.text.as_str(), stopped.stop_reason()), ("a", "stop_sequence"));
        assert_eq!(stopped.stop_sequence.as_deref(), Some("b"));
        let full = Answer::text("x".repeat(50)).within(&[], 2);
        assert_eq!((full.text.len(), full.stop_reason()), (8, "max_tokens"));
    }
}
