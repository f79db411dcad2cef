//! What a model may do besides talking: tools, and the box that a job carries them in.
//!
//! A payload names its tools ([`Specs`]); [`Toolbox::open`] makes them ready, connecting to MCP servers where it
//! names some; [`Toolbox::prepare`] finds the one that is called. Whatever a tool does wrong is said to the model, which may try something
//! else: a wrong input, a failure, a tool that takes too long, a gigabyte of zeros. Only what no model can mend
//! ends the job.
//!
//! Nothing here is looked at by a job without tools, and nothing reaches a private address unless the setting
//! [`ALLOW_PRIVATE`] is there.

mod bound;
mod builtin;
mod calculator;
mod files;
mod http_fetch;
mod http_tool;
mod jobs;
mod mcp;
mod net;
mod program;
mod run_command;
mod schema;
mod secrets;
mod spec;
mod toolbox;

use agent_runner_domain::{JobId, job::Failure};
use async_trait::async_trait;
use serde_json::Value;

pub(crate) use self::{
    bound::shortened,
    jobs::JobLimits,
    spec::Specs,
    toolbox::{Limits, Toolbox},
};

/// The setting that lets tools reach private addresses: `1` or `true`.
pub(crate) const ALLOW_PRIVATE: &str = "AGENT_RUNNER_TOOLS_ALLOW_PRIVATE";

/// What a model is told of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) description: String,
    /// A JSON Schema of an object.
    pub(crate) input_schema: Value,
}

/// One call, after its input was checked against the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The same in every attempt, for tools that can tell a repetition from another call.
    pub(crate) key: &'a str,
    pub(crate) input: &'a Value,
}

/// What came of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) content: String,
    pub(crate) is_error: bool,
    /// Files of the job's folder that were kept as artifacts of the same names.
    pub(crate) files: Vec<String>,
    /// Where the content was read: addresses that answered, never those that were only named.
    pub(crate) sources: Vec<String>,
}

impl Output {
    pub(crate) fn said(content: impl Into<String>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    pub(crate) fn error(content: impl Into<String>) -> Self {
        Self { is_error: true, ..Self::said(content) }
    }
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Output(Output),
    /// The answer depends on jobs that are not final. The call is made again when they are.
    Waits(Vec<JobId>),
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        Self::Output(output)
    }
}

/// One tool. Its futures are dropped when a call takes too long or the job is stopped; whatever they have started
/// has to end with them.
#[async_trait(?Send)]
pub(crate) trait Tool {
    fn definition(&self) -> &Definition;

    /// Whether a call that was interrupted may simply be made again.
    fn is_repeatable(&self) -> bool;

    /// Of a call in an earlier attempt.
    fn remember(&self, _earlier: &Output) {}

    /// `Err` ends the job; what a model can deal with is an [`Output`] with `is_error`.
    async fn call(&self, call: Call<'_>) -> Result<Answer, Failure>;
}
