//! The entries of a job's log, as its users see them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Timestamp,
    job::{Cause, Status},
};

/// An entry before the store has numbered it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    pub at: Timestamp,
    /// The attempt it belongs to; 0 before the first.
    pub attempt: u32,
    #[serde(flatten)]
    pub body: EventBody,
}

/// An entry as stored. Numbers of one job start at 1, only grow and have no gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvent {
    pub seq: u64,
    #[serde(flatten)]
    pub event: NewEvent,
}

/// What happened. Readers must skip kinds that they do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventBody {
    /// The job moved to another state.
    State {
        status: Status,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// A line that the handler's program printed or the worker wrote. Bytes that are no UTF-8 were replaced.
    Log { stream: LogStream, line: String },
    /// A piece of text that a model has produced.
    Text { text: String },
    /// How far the handler is; `fraction` is 0 to 1 where it is known.
    Progress {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fraction: Option<f64>,
        message: String,
    },
    /// A file was stored.
    Artifact { name: String, bytes: u64 },
    /// A model call has ended and was charged.
    Usage {
        /// Which call: the key of the step that made it.
        call: String,
        provider: String,
        model: String,
        /// As the provider counted it.
        usage: Value,
        /// Absent when the model has no price.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost_usd: Option<f64>,
        /// Why there is no price.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unpriced: Option<String>,
    },
    /// A model wants a tool to be run.
    ToolCall { id: String, name: String, input: Value },
    /// The tool has run.
    ToolResult {
        id: String,
        name: String,
        is_error: bool,
        ms: u64,
        /// Shortened; the model saw all of it.
        output: String,
    },
    /// A part of the work that the handler names.
    Step {
        name: String,
        status: StepStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Whatever else a handler has to say.
    Custom { name: String, data: Value },
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    Begun,
    Done,
    /// An earlier attempt had done it; its outcome is used.
    Resumed,
    Failed,
}

/// Where a log line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    Worker,
}

impl EventBody {
    /// The name of its kind, as in `kind` and as the SSE event's name.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Log { .. } => "log",
            Self::Text { .. } => "text",
            Self::Progress { .. } => "progress",
            Self::Artifact { .. } => "artifact",
            Self::Usage { .. } => "usage",
            Self::ToolCall { .. } => "tool_call",
            Self::ToolResult { .. } => "tool_result",
            Self::Step { .. } => "step",
            Self::Custom { .. } => "custom",
        }
    }
}
