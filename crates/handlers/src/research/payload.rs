//! What to find out, how thoroughly, and with what.

use agent_runner_domain::catalog::PayloadFault;
use agent_runner_llm::Effort;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    model_payload::{check_model, fault},
    tools::Specs,
};

const QUESTIONS_MIN: u32 = 3;
const QUESTIONS_MAX: u32 = 5;
const TOPIC_CHARS_MAX: usize = 20_000;
/// Of the tools that are built in; the others write, run or start something.
const BUILTINS: &[&str] = &["http_fetch"];

/// A topic, and how to go about it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// What is to be found out.
    #[schemars(length(min = 1, max = 20_000))]
    pub(super) topic: String,
    /// Into how many questions the topic is taken apart.
    #[serde(default = "Payload::questions_default")]
    #[schemars(range(min = 3, max = 5))]
    pub(super) questions: u32,
    /// How much trouble is taken: how long answers may be, and how often tools may be used for each question.
    #[serde(default)]
    pub(super) depth: Depth,
    /// What questions may be looked up with: `http_fetch`, HTTP tools, MCP servers. Without any, the model answers
    /// from what it knows.
    #[serde(default)]
    pub(super) tools: Specs,
    /// `claude-sonnet-5-5`, or `provider/model`; by default what `CLAUDE_MODEL` says where the orchestrator runs.
    #[serde(default)]
    pub(super) model: Option<String>,
    /// What the model should know or heed besides: whom it is for, which language, what to leave out.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(super) system: Option<String>,
    /// How many questions are worked on at the same time.
    #[serde(default = "Payload::max_parallel_default")]
    #[schemars(range(min = 1, max = 5))]
    pub(super) max_parallel: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    Shallow,
    #[default]
    Normal,
    Deep,
}

impl Depth {
    /// Models that know no effort refuse it, so the usual depth asks for none.
    pub(super) fn effort(self) -> Option<Effort> {
        match self {
            Self::Shallow => Some(Effort::Low),
            Self::Normal => None,
            Self::Deep => Some(Effort::High),
        }
    }

    /// Of one answer.
    pub(super) fn max_tokens(self) -> u32 {
        match self {
            Self::Shallow => 2_048,
            Self::Normal => 4_096,
            Self::Deep => 16_384,
        }
    }

    /// How often the model is asked about one question.
    pub(super) fn turns_max(self) -> u32 {
        match self {
            Self::Shallow => 4,
            Self::Normal => 8,
            Self::Deep => 20,
        }
    }
}

impl Payload {
    fn questions_default() -> u32 {
        4
    }

    fn max_parallel_default() -> u32 {
        4
    }

    pub(super) fn check(&self) -> Result<(), PayloadFault> {
        if self.topic.trim().is_empty() {
            return Err(fault("/topic", "says nothing; say what is to be found out"));
        }
        if self.topic.chars().count() > TOPIC_CHARS_MAX {
            let message = format!("has more than {TOPIC_CHARS_MAX} characters");
            return Err(fault("/topic", message));
        }
        if !(QUESTIONS_MIN..=QUESTIONS_MAX).contains(&self.questions) {
            let message = format!("has to be {QUESTIONS_MIN} to {QUESTIONS_MAX}");
            return Err(fault("/questions", message));
        }
        if !(1..=QUESTIONS_MAX).contains(&self.max_parallel) {
            return Err(fault("/max_parallel", format!("has to be 1 to {QUESTIONS_MAX}")));
        }
        if self.system.as_ref().is_some_and(|system| system.trim().is_empty()) {
            return Err(fault("/system", "says nothing; leave it out"));
        }
        check_model(self.model.as_deref())?;
        self.tools.check_with_builtins("/tools", BUILTINS)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "used with json! literals")]
    fn checked(change: Value) -> Result<(), PayloadFault> {
        let mut payload = json!({"topic": "tides"});
        payload.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value::<Payload>(payload).unwrap().check()
    }

    fn place(change: Value) -> String {
        checked(change).unwrap_err().path
    }

    #[test]
    fn what_cannot_be_researched_is_named_with_its_place() {
        assert_eq!(place(json!({"topic": " \n"})), "/topic");
        assert_eq!(place(json!({"topic": "é".repeat(20_001)})), "/topic");
        for questions in [0, 2, 6] {
            assert_eq!(place(json!({"questions": questions})), "/questions");
        }
        assert_eq!(place(json!({"max_parallel": 0})), "/max_parallel");
        assert_eq!(place(json!({"max_parallel": 6})), "/max_parallel");
        assert_eq!(place(json!({"system": ""})), "/system");
        assert_eq!(place(json!({"model": "llama3"})), "/model");
        assert_eq!(place(json!({"tools": ["http_fetch", "nothing"]})), "/tools/1");
        let lacking = json!([{"mcp": "search"}]);
        assert_eq!(place(json!({"tools": lacking})), "/tools/0");
    }

    #[test]
    fn what_is_no_such_payload_is_named_with_its_place() {
        let place = |payload: Value| crate::check("research", &payload).unwrap_err().path;
        assert_eq!(place(json!({"topic": 7})), "/topic");
        assert_eq!(place(json!({"topic": "a", "depth": "bottomless"})), "/depth");
        assert_eq!(place(json!({"topic": "a", "questions": "many"})), "/questions");
        assert_eq!(place(json!({"topic": "a", "tools": "http_fetch"})), "/tools");
        assert!(crate::check("research", &json!({"topic": "a", "budget": 1})).is_err());
    }

    #[test]
    fn only_tools_that_look_things_up_are_taken() {
        for name in ["write_file", "run_command", "submit_job"] {
            let fault = checked(json!({"tools": ["http_fetch", name]})).unwrap_err();
            assert_eq!(fault.path, "/tools/1");
            assert!(fault.message.contains("takes http_fetch, HTTP tools and MCP"), "{fault:?}");
        }
        let http = json!({"name": "get_weather", "description": "d", "url": "https://example.com/",
            "input_schema": {"type": "object"}});
        let mcp = json!({"mcp": "search", "url": "https://example.com/mcp"});
        assert_eq!(checked(json!({"tools": ["http_fetch", http, mcp]})), Ok(()));
        assert_eq!(checked(json!({"questions": 3, "depth": "deep", "max_parallel": 1})), Ok(()));
    }
}
