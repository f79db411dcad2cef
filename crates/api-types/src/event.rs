//! How a job's log is shown, as JSON pages and as server-sent events.

use agent_runner_domain::{
    Timestamp,
    event::{EventBody, LogStream, StepStatus, StoredEvent},
    job::Status,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{CauseView, schema};

/// One entry of a job's log. As a server-sent event, `seq` is its id and `kind` its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// Counts from 1 within the job, without gaps.
    pub seq: u64,
    #[schema(value_type = schema::Timestamp)]
    pub at: Timestamp,
    /// The attempt it belongs to; 0 before the first.
    pub attempt: u32,
    #[serde(flatten)]
    pub detail: EventDetail,
}

/// What happened. More kinds may come: skip what you do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventDetail {
    /// The job moved to another state.
    State {
        #[schema(value_type = schema::Status)]
        status: Status,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        cause: Option<CauseView>,
    },
    /// A line that was printed.
    Log {
        #[schema(value_type = schema::Stream)]
        stream: LogStream,
        line: String,
    },
    /// A piece of text that a model has produced.
    Text { text: String },
    /// How far the handler is; `fraction` is 0 to 1 where it is known.
    Progress {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        fraction: Option<f64>,
        message: String,
    },
    /// A file was stored.
    Artifact { name: String, bytes: u64 },
    /// A model call has ended and was charged.
    Usage {
        /// Which call of the job.
        call: String,
        provider: String,
        model: String,
        /// As the provider counted it.
        #[schema(value_type = schema::AnyJson)]
        usage: Value,
        /// Absent where the model has no price.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        cost_usd: Option<f64>,
        /// Why there is no price.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        unpriced: Option<String>,
    },
    /// A model wants a tool to be run.
    ToolCall {
        id: String,
        name: String,
        #[schema(value_type = schema::AnyJson)]
        input: Value,
    },
    /// The tool has run. The output is shortened; the model saw all of it.
    ToolResult { id: String, name: String, is_error: bool, ms: u64, output: String },
    /// A part of the work that the handler names.
    Step {
        name: String,
        #[schema(value_type = schema::StepStatus)]
        status: StepStatus,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        message: Option<String>,
    },
    /// Whatever else a handler has to say.
    Custom {
        name: String,
        #[schema(value_type = schema::AnyJson)]
        data: Value,
    },
    /// A kind that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Some of a job's log, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventPage {
    pub events: Vec<EventView>,
    /// Pass it as `after` to continue.
    pub next_after: u64,
    /// The job has ended and these were its last events.
    pub complete: bool,
}

/// The name of the server-sent event that ends a stream, and the data it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamEnd {
    #[schema(value_type = schema::Status)]
    pub status: Status,
}

impl StreamEnd {
    pub const EVENT: &'static str = "end";
}

impl EventDetail {
    /// Its name in `kind`, and of the server-sent event.
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
            Self::Unknown => "unknown",
        }
    }
}

impl From<StoredEvent> for EventView {
    fn from(stored: StoredEvent) -> Self {
        let StoredEvent { seq, event } = stored;
        Self { seq, at: event.at, attempt: event.attempt, detail: event.body.into() }
    }
}

impl From<EventBody> for EventDetail {
    fn from(body: EventBody) -> Self {
        match body {
            EventBody::State { status, cause } => {
                Self::State { status, cause: cause.as_ref().map(CauseView::from) }
            }
            EventBody::Log { stream, line } => Self::Log { stream, line },
            EventBody::Text { text } => Self::Text { text },
            EventBody::Progress { fraction, message } => Self::Progress { fraction, message },
            EventBody::Artifact { name, bytes } => Self::Artifact { name, bytes },
            EventBody::Usage { call, provider, model, usage, cost_usd, unpriced } => {
                Self::Usage { call, provider, model, usage, cost_usd, unpriced }
            }
            EventBody::ToolCall { id, name, input } => Self::ToolCall { id, name, input },
            EventBody::ToolResult { id, name, is_error, ms, output } => {
                Self::ToolResult { id, name, is_error, ms, output }
            }
            EventBody::Step { name, status, message } => Self::Step { name, status, message },
            EventBody::Custom { name, data } => Self::Custom { name, data },
        }
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::event::NewEvent;

    use super::*;

    #[test]
    fn the_kind_is_the_one_in_the_json() {
        let text = |text: &str| text.to_owned();
        let bodies = [
            EventBody::Log { stream: LogStream::Stdout, line: text("hi") },
            EventBody::Usage {
                call: text("turn-1"),
                provider: text("anthropic"),
                model: text("claude"),
                usage: serde_json::json!({"input_tokens": 1}),
                cost_usd: Some(0.5),
                unpriced: None,
            },
            EventBody::ToolCall { id: text("1"), name: text("add"), input: Value::Null },
            EventBody::ToolResult {
                id: text("1"),
                name: text("add"),
                is_error: false,
                ms: 3,
                output: text("2"),
            },
            EventBody::Step { name: text("plan"), status: StepStatus::Resumed, message: None },
        ];
        for body in bodies {
            let kind = body.kind();
            let event = NewEvent { at: Timestamp::from_millis(0), attempt: 1, body };
            let view = EventView::from(StoredEvent { seq: 3, event });
            let json = serde_json::to_value(&view).unwrap();
            assert_eq!((json["kind"].as_str(), view.detail.kind()), (Some(kind), kind));
            assert_eq!(serde_json::from_value::<EventView>(json).unwrap(), view);
        }
    }

    #[test]
    fn an_unknown_kind_is_read_and_skipped() {
        let json = r#"{"seq": 1, "at": "1970-01-01T00:00:00Z", "attempt": 0, "kind": "smell", "of": "roses"}"#;
        let view: EventView = serde_json::from_str(json).unwrap();
        assert_eq!(view.detail, EventDetail::Unknown);
    }
}
