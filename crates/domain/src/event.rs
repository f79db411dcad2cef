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
    /// Whatever else a handler has to say: a step, a tool call, usage.
    Custom { name: String, data: Value },
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
            Self::Custom { .. } => "custom",
        }
    }
}
