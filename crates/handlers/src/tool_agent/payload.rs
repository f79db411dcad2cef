//! What to work on, with what, and for how long.

use std::time::Duration;

use agent_runner_domain::catalog::PayloadFault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    model_payload::{check_model, fault},
    tools::{JobLimits, Limits, Specs},
};

const MAX_TURNS_MAX: u32 = 200;
const MAX_TOOL_SECONDS_MAX: u32 = 3_600;
const MAX_JOBS_MAX: u32 = 100;

/// The task and the tools.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The task.
    #[schemars(length(min = 1))]
    pub(super) prompt: String,
    /// What the model should know before the task.
    #[serde(default)]
    pub(super) system: Option<String>,
    /// Which model to ask; the operator's default if absent.
    #[serde(default)]
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) tools: Specs,
    /// How often the model may be asked.
    #[serde(default = "Payload::max_turns_default")]
    #[schemars(range(min = 1, max = 200))]
    pub(super) max_turns: u32,
    /// How long one call of a tool may take.
    #[serde(default = "Payload::max_tool_seconds_default")]
    #[schemars(range(min = 1, max = 3_600))]
    pub(super) max_tool_seconds: u32,
    /// How long one answer of the model may be, in tokens.
    #[serde(default = "Payload::max_tokens_default")]
    #[schemars(range(min = 1))]
    pub(super) max_tokens: u32,
    /// How many jobs `submit_job` may start. A job that it starts may start half as many.
    #[serde(default = "Payload::max_jobs_default")]
    #[schemars(range(min = 1, max = 100))]
    pub(super) max_jobs: u32,
    /// What types of job `submit_job` may start; if absent, those that run no programs of their own accord.
    #[serde(default)]
    pub(super) job_types: Option<Vec<String>>,
}

impl Payload {
    fn max_turns_default() -> u32 {
        20
    }

    fn max_tool_seconds_default() -> u32 {
        60
    }

    fn max_tokens_default() -> u32 {
        8_192
    }

    fn max_jobs_default() -> u32 {
        10
    }

    pub(super) fn check(&self) -> Result<(), PayloadFault> {
        if self.prompt.trim().is_empty() {
            return Err(fault("/prompt", "is empty; say what is to be done"));
        }
        check_model(self.model.as_deref())?;
        within("/max_turns", self.max_turns, MAX_TURNS_MAX)?;
        within("/max_tool_seconds", self.max_tool_seconds, MAX_TOOL_SECONDS_MAX)?;
        within("/max_tokens", self.max_tokens, u32::MAX)?;
        within("/max_jobs", self.max_jobs, MAX_JOBS_MAX)?;
        self.check_job_types()?;
        self.tools.check("/tools")
    }

    fn check_job_types(&self) -> Result<(), PayloadFault> {
        let named = self.job_types.iter().flatten().enumerate();
        for (index, name) in named {
            if !crate::NAMES.contains(&name.as_str()) {
                let known = crate::NAMES.join(", ");
                let message = format!("there is no job type `{name}`; there are: {known}");
                return Err(fault(format!("/job_types/{index}"), message));
            }
        }
        Ok(())
    }

    pub(super) fn limits(&self) -> Limits {
        Limits {
            call_max: Duration::from_secs(self.max_tool_seconds.into()),
            jobs: JobLimits {
                jobs_max: self.max_jobs,
                job_types: self.job_types.clone().unwrap_or_else(JobLimits::usual_types),
                tools: self.tools.clone(),
            },
        }
    }
}

fn within(path: &str, number: u32, max: u32) -> Result<(), PayloadFault> {
    if (1..=max).contains(&number) {
        return Ok(());
    }
    Err(fault(path, format!("has to be 1 to {max}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn place(change: &Value) -> String {
        let mut payload = json!({"prompt": "hi"});
        payload.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let payload: Payload = serde_json::from_value(payload).unwrap();
        payload.check().unwrap_err().path
    }

    #[test]
    fn what_cannot_work_is_named_with_its_place() {
        assert_eq!(place(&json!({"prompt": " "})), "/prompt");
        assert_eq!(place(&json!({"max_turns": 0})), "/max_turns");
        assert_eq!(place(&json!({"max_turns": 201})), "/max_turns");
        assert_eq!(place(&json!({"max_tool_seconds": 3_601})), "/max_tool_seconds");
        assert_eq!(place(&json!({"model": "llama3"})), "/model");
        assert_eq!(place(&json!({"tools": ["calculator", "nothing"]})), "/tools/1");
        assert_eq!(place(&json!({"job_types": ["echo", "nothing"]})), "/job_types/1");
    }
}
