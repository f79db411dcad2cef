//! Answers, as OpenAI writes them, and as others write them in its name.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::carried::carry;
use crate::block::Block;
use crate::model::ModelInfo;
use crate::response::{Response, ServiceTier, StopReason, Usage};

#[derive(Deserialize)]
pub(super) struct Completion {
    #[serde(default)]
    id: String,
    #[serde(default)]
    model: String,
    choices: Vec<Choice>,
    usage: Option<WireUsage>,
    service_tier: Option<String>,
}

#[derive(Deserialize)]
struct Choice {
    message: Box<RawValue>,
    finish_reason: Option<String>,
}

/// A message of the model, whole.
#[derive(Deserialize)]
pub(super) struct Said {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<ToolCall>>,
}

#[derive(Deserialize)]
struct ToolCall {
    #[serde(default)]
    id: String,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    #[serde(default)]
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek's name for it.
    prompt_cache_hit_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Models {
    pub(super) data: Vec<WireModel>,
}

#[derive(Deserialize)]
pub(super) struct WireModel {
    id: String,
    /// vLLM tells it.
    max_model_len: Option<u64>,
    /// OpenRouter tells it.
    context_length: Option<u64>,
}

impl From<WireModel> for ModelInfo {
    fn from(wire: WireModel) -> Self {
        let prompt_tokens_max = wire.max_model_len.or(wire.context_length);
        Self { id: wire.id, prompt_tokens_max, ..Self::default() }
    }
}

impl Completion {
    /// `None`: there is no answer in it.
    pub(super) fn into_response(self, request_id: Option<String>) -> Option<Response> {
        let choice = self.choices.into_iter().next()?;
        let said = Said::read(&choice.message)?;
        let tier = self.service_tier.as_deref();
        Some(Response {
            id: self.id,
            model: self.model,
            stop_reason: said.stop_reason(choice.finish_reason.as_deref()),
            stop_sequence: None,
            stop_explanation: said.refusal.clone(),
            content: said.blocks(&choice.message),
            usage: self.usage.map(|usage| usage.usage(tier)),
            request_id,
        })
    }
}

impl Said {
    pub(super) fn read(message: &RawValue) -> Option<Self> {
        serde_json::from_str(message.get()).ok()
    }

    pub(super) fn refusal(&self) -> Option<String> {
        self.refusal.clone()
    }

    fn calls(&self) -> &[ToolCall] {
        self.tool_calls.as_deref().unwrap_or_default()
    }

    pub(super) fn blocks(&self, message: &RawValue) -> Vec<Block> {
        let text = self.content.iter().filter(|text| !text.is_empty()).map(Block::text);
        let calls = self
            .calls()
            .iter()
            .map(|call| Block::tool_use(&call.id, &call.function.name, &call.function.arguments));
        carry(message).into_iter().chain(text).chain(calls).collect()
    }

    pub(super) fn stop_reason(&self, finish_reason: Option<&str>) -> StopReason {
        if self.refusal.is_some() {
            return StopReason::Refusal;
        }
        match finish_reason {
            // Some servers say "stop" even if they want a tool.
            Some("stop" | "tool_calls" | "function_call") if !self.calls().is_empty() => {
                StopReason::ToolUse
            }
            Some("stop") => StopReason::EndTurn,
            Some("length") => StopReason::MaxTokens,
            Some("content_filter") => StopReason::Refusal,
            Some(other) => StopReason::Other(other.to_owned()),
            None => StopReason::Unknown,
        }
    }
}

impl WireUsage {
    /// Theirs counts cached tokens as a part of the prompt, ours beside it.
    pub(super) fn usage(&self, tier: Option<&str>) -> Usage {
        let details = self.prompt_tokens_details.clone().unwrap_or_default();
        let prompt = self.prompt_tokens.unwrap_or(0);
        let read = details.cached_tokens.or(self.prompt_cache_hit_tokens).unwrap_or(0).min(prompt);
        let written = details.cache_write_tokens.unwrap_or(0).min(prompt - read);
        Usage {
            input_tokens: prompt - read - written,
            cache_read_input_tokens: read,
            cache_write_5m_input_tokens: written,
            output_tokens: self.completion_tokens.unwrap_or(0),
            thinking_tokens: self
                .completion_tokens_details
                .as_ref()
                .and_then(|d| d.reasoning_tokens),
            service_tier: tier.map(service_tier),
            ..Usage::default()
        }
    }
}

fn service_tier(name: &str) -> ServiceTier {
    match name {
        "default" | "auto" => ServiceTier::Standard,
        "fast" => ServiceTier::Priority,
        other => ServiceTier::from(other),
    }
}

/// A part of a streamed answer.
#[derive(Deserialize)]
pub(super) struct Chunk {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) choices: Vec<ChunkChoice>,
    pub(super) usage: Option<WireUsage>,
    pub(super) service_tier: Option<String>,
    pub(super) error: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct ChunkChoice {
    #[serde(default)]
    pub(super) index: u32,
    #[serde(default)]
    pub(super) delta: Option<Map<String, Value>>,
    pub(super) finish_reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cached_tokens_are_taken_out_of_the_prompt() {
        let wire: WireUsage = serde_json::from_value(json!({"prompt_tokens": 100,
            "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 3}}))
        .unwrap();
        let usage = wire.usage(Some("default"));
        assert_eq!((usage.input_tokens, usage.cache_read_input_tokens), (10, 60));
        assert_eq!((usage.prompt_tokens(), usage.output_tokens), (100, 7));
        assert_eq!(usage.service_tier, Some(ServiceTier::Standard));
    }

    #[test]
    fn counts_that_contradict_each_other_do_not_overflow() {
        let wire: WireUsage = serde_json::from_value(json!({"prompt_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 9}}))
        .unwrap();
        assert_eq!(wire.usage(None).prompt_tokens(), 1);
    }

    #[test]
    fn a_whole_answer_is_read() {
        let completion: Completion = serde_json::from_value(json!({
            "id": "c1", "object": "chat.completion", "model": "m", "choices": [{"index": 0,
            "finish_reason": "stop", "message": {"role": "assistant", "content": null, "tool_calls":
            [{"id": "t1", "type": "function", "function": {"name": "add", "arguments": "{\"a\":1"}}]}}]}))
        .unwrap();
        let response = completion.into_response(None).unwrap();
        assert_eq!(response.stop_reason, StopReason::ToolUse);
        assert_eq!(response.tool_uses().next().unwrap().input(), Err("{\"a\":1".into()));
        assert_eq!(response.usage, None);
    }
}
