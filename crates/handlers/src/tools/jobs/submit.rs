//! `submit_job`.

use std::{cell::Cell, rc::Rc};

use agent_runner_domain::{JobId, Money, RawJson, job::Failure, ports::ChildOrder};
use async_trait::async_trait;
use serde_json::{Value, json};

use super::{
    super::{Answer, Call, Definition, Output, Tool},
    JobLimits, Started, child,
};
use crate::Context;

pub(in crate::tools) const NAME: &str = "submit_job";

pub(in crate::tools) struct SubmitJob<'a> {
    definition: Definition,
    limits: Rc<JobLimits>,
    context: &'a Context,
    /// How many it has started or is about to.
    count: Cell<u32>,
    started: Rc<Started>,
}

impl<'a> SubmitJob<'a> {
    pub(in crate::tools) fn new(
        limits: Rc<JobLimits>,
        started: Rc<Started>,
        context: &'a Context,
    ) -> Self {
        let definition = Definition {
            name: NAME.to_owned(),
            description: format!(
                "Starts another job beside this one and returns its job_id at once; wait_for_jobs gets its \
                 result. At most {} in all. Every payload is an object that the job type defines, such as \
                 {{\"message\": …}} for echo, {{\"prompt\": …}} for claude_chat, {{\"prompt\": …, \"tools\": […]}} \
                 for tool_agent.",
                limits.jobs_max
            ),
            input_schema: json!({
                "type": "object", "required": ["job_type", "payload"], "additionalProperties": false,
                "properties": {
                    "job_type": {"type": "string", "enum": limits.job_types},
                    "payload": {"type": "object"},
                    "budget_usd": {"type": "number", "exclusiveMinimum": 0,
                        "description": "what it may spend at most, of what this job may spend"},
                    "timeout_seconds": {"type": "integer", "minimum": 1, "maximum": 86_400},
                },
            }),
        };
        Self { definition, limits, context, count: Cell::new(0), started }
    }

    fn order(&self, call: Call<'_>) -> Result<ChildOrder, String> {
        let input = call.input;
        let job_type = input["job_type"].as_str().unwrap_or_default();
        let payload = child::allowed(job_type, input["payload"].clone(), &self.limits)?;
        let budget = input["budget_usd"].as_f64();
        let too_much = "`budget_usd` is no amount of money";
        Ok(ChildOrder {
            key: call.key.to_owned(),
            job_type: job_type.to_owned(),
            payload: RawJson::from(&payload),
            tags: std::collections::BTreeMap::new(),
            budget: budget.map(|usd| Money::from_dollars(usd).ok_or(too_much)).transpose()?,
            timeout_ms: input["timeout_seconds"].as_u64().map(|seconds| seconds * 1_000),
            priority: None,
        })
    }
}

#[async_trait(?Send)]
impl Tool for SubmitJob<'_> {
    fn definition(&self) -> &Definition {
        &self.definition
    }

    /// The same call is the same child.
    fn is_repeatable(&self) -> bool {
        true
    }

    fn remember(&self, earlier: &Output) {
        if let Some(id) = job_of(&earlier.content) {
            self.count.set(self.count.get() + 1);
            self.started.add(id);
        }
    }

    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure> {
        if self.count.get() >= self.limits.jobs_max {
            let message = format!(
                "this job may start {} jobs, and has; raise `max_jobs`",
                self.limits.jobs_max
            );
            return Ok(Output::error(message).into());
        }
        let order = match self.order(call) {
            Ok(order) => order,
            Err(reason) => return Ok(Output::error(reason).into()),
        };
        // Before the first await: calls beside this one count, too.
        self.count.set(self.count.get() + 1);
        let answer = self.context.submit(vec![order]).await?.pop();
        Ok(match answer {
            Some(Ok(id)) => {
                self.started.add(id);
                Output::said(json!({"job_id": id}).to_string())
            }
            refused => {
                self.count.set(self.count.get() - 1);
                let faults = refused.and_then(Result::err).unwrap_or_default();
                let lines =
                    faults.iter().map(|fault| format!("- `{}`: {}", fault.path, fault.message));
                let lines = lines.collect::<Vec<_>>().join("\n");
                Output::error(format!("the job was not accepted:\n{lines}"))
            }
        }
        .into())
    }
}

/// The job that an answer of this tool stands for.
fn job_of(content: &str) -> Option<JobId> {
    let said: Value = serde_json::from_str(content).ok()?;
    said["job_id"].as_str()?.parse().ok()
}
