//! Tool calls that are made once, whatever happens to the worker.

use std::time::Duration;

use agent_runner_domain::{JobId, event::StepStatus, job::Failure};
use agent_runner_llm::{Block, ToolUse};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::progress::{CalledTool, shortened_value};
use crate::{
    Context,
    tools::{Answer, Output, Toolbox},
};

/// Of an event.
const INPUT_CHARS_MAX: usize = 4_000;

const INTERRUPTED: &str = "this call was interrupted; it may or may not have taken effect, and was not \
    made again: find out before you repeat it";

pub(super) struct ToolCalls<'a> {
    pub(super) context: &'a Context,
    pub(super) toolbox: Option<&'a Toolbox<'a>>,
}

pub(super) enum Ended {
    Called(Called),
    Waits(Vec<JobId>),
}

pub(super) struct Called {
    pub(super) shown: CalledTool,
    pub(super) block: Block,
}

/// What is kept of a call.
#[derive(Serialize, Deserialize)]
struct Done {
    output: String,
    is_error: bool,
    ms: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
}

/// That a call has begun which must not be made twice.
#[derive(Serialize, Deserialize)]
struct Begun {}

impl ToolCalls<'_> {
    /// Makes the call, or takes what an earlier attempt has recorded of it under the key.
    pub(super) async fn make(&self, key: String, call: &ToolUse) -> Result<Ended, Failure> {
        let input = call.input();
        let shown_input = input.clone().unwrap_or_else(Value::String);
        if let Some(done) = self.context.recorded::<Done>(&key).await? {
            self.resume(&key, call, &done).await?;
            return Ok(ended(call, shown_input, done));
        }
        let events = &self.context.events;
        let told = shortened_value(shown_input.clone(), INPUT_CHARS_MAX);
        events.tool_call(&call.id, &call.name, told).await;
        let begin = Instant::now();
        let output = match self.answer(&key, &call.name, &input).await? {
            Answer::Output(output) => output,
            Answer::Waits(jobs) => return Ok(Ended::Waits(jobs)),
        };
        let took = begin.elapsed();
        let done = Done::of(output, took);
        self.context.record(&key, &done).await?;
        events.tool_result(&call.id, &call.name, done.is_error, took, &done.output).await;
        Ok(ended(call, shown_input, done))
    }

    async fn resume(&self, key: &str, call: &ToolUse, done: &Done) -> Result<(), Failure> {
        self.context.events.step(key, StepStatus::Resumed, None).await;
        match self.toolbox {
            Some(toolbox) => toolbox.resume(&call.name, &done.as_output()).await,
            None => Ok(()),
        }
    }

    async fn answer(
        &self,
        key: &str,
        name: &str,
        input: &Result<Value, String>,
    ) -> Result<Answer, Failure> {
        let Some(toolbox) = self.toolbox else {
            return Ok(Output::error("there are no tools").into());
        };
        let prepared = match toolbox.prepare(name, input) {
            Ok(prepared) => prepared,
            Err(output) => return Ok(output.into()),
        };
        if !prepared.is_repeatable() {
            let begun = format!("{key}/begun");
            if self.context.recorded::<Begun>(&begun).await?.is_some() {
                return Ok(Output::error(INTERRUPTED).into());
            }
            self.context.record(&begun, &Begun {}).await?;
        }
        prepared.run(key).await
    }
}

impl Done {
    fn of(output: Output, took: Duration) -> Self {
        let Output { content, is_error, files, sources } = output;
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Self { output: content, is_error, ms, files, sources }
    }

    fn as_output(&self) -> Output {
        Output {
            content: self.output.clone(),
            is_error: self.is_error,
            files: self.files.clone(),
            sources: self.sources.clone(),
        }
    }
}

fn ended(call: &ToolUse, input: Value, done: Done) -> Ended {
    let block = Block::tool_result(&call.id, &done.output, done.is_error);
    let Done { output, is_error, ms, sources, .. } = done;
    let shown = CalledTool { name: call.name.clone(), input, output, is_error, ms, sources };
    Ended::Called(Called { shown, block })
}
