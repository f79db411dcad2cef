//! What a model answered, and what that took.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::block::{Block, BlockView, ToolUse};
use crate::open_enum::open_enum;
use crate::request::Message;

open_enum! {
    /// Why the model stopped.
    StopReason {
        EndTurn = "end_turn",
        MaxTokens = "max_tokens",
        StopSequence = "stop_sequence",
        ToolUse = "tool_use",
        /// The provider wants to be asked to go on, with the same messages and this answer.
        PauseTurn = "pause_turn",
        Refusal = "refusal",
        ContextWindowExceeded = "model_context_window_exceeded",
        /// The provider gave no reason.
        Unknown = "unknown",
    }
}

open_enum! {
    /// How a call was served, which decides its price.
    ServiceTier {
        Standard = "standard",
        Priority = "priority",
        Batch = "batch",
        Flex = "flex",
    }
}

/// Tokens of one call. The three inputs and the two writes are apart: the prompt is their sum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// What was neither read from the cache nor written to it.
    pub input_tokens: u64,
    pub cache_read_input_tokens: u64,
    pub cache_write_5m_input_tokens: u64,
    pub cache_write_1h_input_tokens: u64,
    /// All that was generated, thinking included.
    pub output_tokens: u64,
    /// The part of the output that was thinking, if the provider tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_tokens: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    pub web_search_requests: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<ServiceTier>,
    /// What else changes the price: `fast`, `us`, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_modifiers: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Usage {
    /// All tokens of the prompt.
    #[must_use]
    pub fn prompt_tokens(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_input_tokens)
            .saturating_add(self.cache_write_5m_input_tokens)
            .saturating_add(self.cache_write_1h_input_tokens)
    }
}

/// Counts are summed. What decides the price of a call, its tier and modifiers, is of no use in a sum and dropped.
impl AddAssign<&Self> for Usage {
    fn add_assign(&mut self, other: &Self) {
        let sum = |own: &mut u64, more: u64| *own = own.saturating_add(more);
        sum(&mut self.input_tokens, other.input_tokens);
        sum(&mut self.cache_read_input_tokens, other.cache_read_input_tokens);
        sum(&mut self.cache_write_5m_input_tokens, other.cache_write_5m_input_tokens);
        sum(&mut self.cache_write_1h_input_tokens, other.cache_write_1h_input_tokens);
        sum(&mut self.output_tokens, other.output_tokens);
        sum(&mut self.web_search_requests, other.web_search_requests);
        if let Some(more) = other.thinking_tokens {
            sum(self.thinking_tokens.get_or_insert(0), more);
        }
        self.service_tier = None;
        self.price_modifiers.clear();
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    pub id: String,
    /// The model that answered, which may not be called as the one that was asked.
    pub model: String,
    pub content: Vec<Block>,
    pub stop_reason: StopReason,
    /// Which of the stop sequences it was.
    pub stop_sequence: Option<String>,
    /// More about a refusal, if there is more.
    pub stop_explanation: Option<String>,
    /// `None`: the server does not count.
    pub usage: Option<Usage>,
    /// What the provider wants to hear when something is wrong.
    pub request_id: Option<String>,
}

impl Response {
    /// The text, joined.
    #[must_use]
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|block| match block.view() {
            BlockView::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.content.iter().filter_map(|block| match block.view() {
            BlockView::ToolUse(call) => Some(call),
            _ => None,
        })
    }

    /// This answer as a turn of the conversation that follows.
    #[must_use]
    pub fn to_message(&self) -> Message {
        Message::assistant(self.content.clone())
    }
}
