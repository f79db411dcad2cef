//! The models that are pretended.

use serde_json::{Value, json};

pub(crate) struct Model {
    pub(crate) id: &'static str,
    name: &'static str,
    pub(crate) prompt_tokens_max: u64,
    pub(crate) output_tokens_max: u64,
    lifecycle: &'static str,
    /// Later ones refuse to go on with an answer that was begun for them.
    pub(crate) takes_prefill: bool,
}

const fn current(id: &'static str, name: &'static str) -> Model {
    Model {
        id,
        name,
        prompt_tokens_max: 1_000_000,
        output_tokens_max: 128_000,
        lifecycle: "active",
        takes_prefill: false,
    }
}

const fn older(id: &'static str, name: &'static str, lifecycle: &'static str) -> Model {
    Model {
        prompt_tokens_max: 200_000,
        output_tokens_max: 64_000,
        lifecycle,
        takes_prefill: true,
        ..current(id, name)
    }
}

pub(crate) const CLAUDE: &[Model] = &[
    current("claude-opus-5-5", "Claude Opus 5.5"),
    current("claude-sonnet-5-5", "Claude Sonnet 5.5"),
    current("claude-haiku-5-5", "Claude Haiku 5.5"),
    current("claude-fable-5-1", "Claude Fable 5.1"),
    current("claude-mythos-5-1", "Claude Mythos 5.1"),
    current("claude-opus-5", "Claude Opus 5"),
    current("claude-opus-4-8", "Claude Opus 4.8"),
    current("claude-opus-4-7", "Claude Opus 4.7"),
    current("claude-opus-4-6", "Claude Opus 4.6"),
    current("claude-sonnet-4-6", "Claude Sonnet 4.6"),
    older("claude-opus-4-5", "Claude Opus 4.5", "active"),
    older("claude-sonnet-4-5", "Claude Sonnet 4.5", "deprecated"),
    older("claude-haiku-4-5", "Claude Haiku 4.5", "active"),
];

const OTHERS: [&str; 10] = [
    "gpt-6.1-sol",
    "gpt-6.1-terra",
    "gpt-6-luna",
    "gpt-5.4-mini",
    "gemini-3.8-flash",
    "glm-5.3",
    "glm-5.3-flash",
    "glm-4.6",
    "deepseek-v4-pro",
    "deepseek-v4-flash",
];

/// Any model of this name exists, for tests that need many.
const ANYTHING: &str = "sim-";

pub(crate) fn claude(id: &str) -> Option<&'static Model> {
    let known = CLAUDE.iter().find(|model| model.id == id);
    known.or_else(|| id.starts_with(ANYTHING).then_some(&CLAUDE[1]))
}

pub(crate) fn is_known_to_openai(id: &str) -> bool {
    OTHERS.contains(&id) || id.starts_with(ANYTHING)
}

impl Model {
    pub(crate) fn described_by_anthropic(&self) -> Value {
        json!({"type": "model", "id": self.id, "display_name": self.name,
            "created_at": "2026-01-01T00:00:00Z", "lifecycle": self.lifecycle,
            "max_input_tokens": self.prompt_tokens_max, "max_tokens": self.output_tokens_max})
    }
}

pub(crate) fn listed_by_openai() -> Value {
    let describe = |id: &&str| json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "sim"});
    json!({"object": "list", "data": OTHERS.iter().map(describe).collect::<Vec<_>>()})
}
