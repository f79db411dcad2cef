//! Answers, as Anthropic writes them. Unknown fields are ignored, missing ones forgiven.

use serde::Deserialize;
use serde_json::Value;

use crate::block::Block;
use crate::model::ModelInfo;
use crate::response::{Response, ServiceTier, StopReason, Usage};

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) content: Vec<Block>,
    #[serde(flatten)]
    pub(super) stop: Stop,
    #[serde(default)]
    pub(super) usage: WireUsage,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Stop {
    #[serde(rename = "stop_reason")]
    reason: Option<StopReason>,
    #[serde(rename = "stop_sequence")]
    sequence: Option<String>,
    #[serde(rename = "stop_details")]
    details: Option<Value>,
}

/// Counts of a message, or of its end: a `message_delta` repeats the sums that it knows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUsage {
    input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
    server_tool_use: Option<ServerToolUse>,
    service_tier: Option<ServiceTier>,
    inference_geo: Option<String>,
    speed: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: u64,
    ephemeral_1h_input_tokens: u64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ServerToolUse {
    web_search_requests: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Count {
    pub(super) input_tokens: u64,
}

#[derive(Deserialize)]
pub(super) struct Models {
    pub(super) data: Vec<WireModel>,
    #[serde(default)]
    pub(super) has_more: bool,
    #[serde(default)]
    pub(super) last_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireModel {
    id: String,
    display_name: Option<String>,
    max_input_tokens: Option<u64>,
    max_tokens: Option<u64>,
    lifecycle: Option<String>,
}

impl From<WireModel> for ModelInfo {
    fn from(wire: WireModel) -> Self {
        Self {
            id: wire.id,
            name: wire.display_name,
            prompt_tokens_max: wire.max_input_tokens,
            output_tokens_max: wire.max_tokens,
            lifecycle: wire.lifecycle,
        }
    }
}

impl Message {
    pub(super) fn into_response(self, request_id: Option<String>) -> Response {
        Response {
            id: self.id,
            model: self.model,
            content: self.content,
            stop_explanation: self.stop.explanation(),
            stop_reason: self.stop.reason.unwrap_or(StopReason::Unknown),
            stop_sequence: self.stop.sequence,
            usage: Some(self.usage.usage()),
            request_id,
        }
    }
}

impl Stop {
    fn explanation(&self) -> Option<String> {
        let details = self.details.as_ref()?;
        let text = |name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
        text("explanation").or_else(|| text("category"))
    }

    /// What a later event says, and what it leaves out as it was.
    pub(super) fn update(&mut self, later: Stop) {
        self.reason = later.reason.or(self.reason.take());
        self.sequence = later.sequence.or(self.sequence.take());
        self.details = later.details.or(self.details.take());
    }
}

impl WireUsage {
    /// What a later event says, and what it leaves out as it was.
    pub(super) fn update(&mut self, later: WireUsage) {
        fn set<T>(old: &mut Option<T>, new: Option<T>) {
            if new.is_some() {
                *old = new;
            }
        }
        set(&mut self.input_tokens, later.input_tokens);
        set(&mut self.cache_creation_input_tokens, later.cache_creation_input_tokens);
        set(&mut self.cache_read_input_tokens, later.cache_read_input_tokens);
        set(&mut self.cache_creation, later.cache_creation);
        set(&mut self.output_tokens, later.output_tokens);
        set(&mut self.output_tokens_details, later.output_tokens_details);
        set(&mut self.server_tool_use, later.server_tool_use);
        set(&mut self.service_tier, later.service_tier);
        set(&mut self.inference_geo, later.inference_geo);
        set(&mut self.speed, later.speed);
    }

    pub(super) fn usage(&self) -> Usage {
        let written = self.cache_creation_input_tokens.unwrap_or(0);
        let for_an_hour =
            self.cache_creation.as_ref().map_or(0, |creation| creation.ephemeral_1h_input_tokens);
        let for_five_minutes = self
            .cache_creation
            .as_ref()
            .map_or(0, |creation| creation.ephemeral_5m_input_tokens)
            // Servers that do not split the sum mean the short time.
            .max(written.saturating_sub(for_an_hour));
        Usage {
            input_tokens: self.input_tokens.unwrap_or(0),
            cache_read_input_tokens: self.cache_read_input_tokens.unwrap_or(0),
            cache_write_5m_input_tokens: for_five_minutes,
            cache_write_1h_input_tokens: for_an_hour,
            output_tokens: self.output_tokens.unwrap_or(0),
            thinking_tokens: self.output_tokens_details.as_ref().and_then(|d| d.thinking_tokens),
            web_search_requests: self
                .server_tool_use
                .as_ref()
                .and_then(|tools| tools.web_search_requests)
                .unwrap_or(0),
            service_tier: self.service_tier.clone(),
            price_modifiers: self.modifiers(),
        }
    }

    fn modifiers(&self) -> Vec<String> {
        let fast = self.speed.clone().filter(|speed| speed != "standard");
        let usual = ["global", "not_available", ""];
        let geo = self.inference_geo.clone().filter(|geo| !usual.contains(&geo.as_str()));
        fast.into_iter().chain(geo).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn usage(value: Value) -> Usage {
        serde_json::from_value::<WireUsage>(value).unwrap().usage()
    }

    #[test]
    fn cache_writes_are_split_by_how_long_they_last() {
        let split = usage(json!({"input_tokens": 1, "cache_creation_input_tokens": 30,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}}));
        assert_eq!(
            (split.cache_write_5m_input_tokens, split.cache_write_1h_input_tokens),
            (10, 20)
        );
        assert_eq!(split.prompt_tokens(), 31);
        let sum = usage(json!({"cache_creation_input_tokens": 30}));
        assert_eq!((sum.cache_write_5m_input_tokens, sum.cache_write_1h_input_tokens), (30, 0));
    }

    #[test]
    fn nulls_and_news_are_forgiven() {
        let found = usage(json!({"input_tokens": 1, "output_tokens": 2, "cache_creation": null,
            "service_tier": "express", "inference_geo": "us", "speed": "fast", "new": []}));
        assert_eq!(found.service_tier, Some(ServiceTier::Other("express".into())));
        assert_eq!(found.price_modifiers, ["fast", "us"]);
    }
}
