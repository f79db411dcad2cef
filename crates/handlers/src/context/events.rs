//! How a handler tells what happens.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    event::{EventBody, LogStream, NewEvent, StepStatus},
    ports::Clock,
};
use serde_json::Value;
use tokio::sync::mpsc;

/// How many events wait for the worker to ship them before the handler has to wait.
pub const EVENTS_MAX: usize = 1_024;

/// How much of a tool's output an event shows; the model sees more.
const OUTPUT_CHARS_MAX: usize = 2_000;

/// Puts events in line. Waits when the line is full, which slows the handler down instead of growing memory.
#[derive(Clone)]
pub struct EventSender {
    queue: mpsc::Sender<NewEvent>,
    clock: Arc<dyn Clock>,
    attempt: u32,
}

impl EventSender {
    #[must_use]
    pub fn new(queue: mpsc::Sender<NewEvent>, clock: Arc<dyn Clock>, attempt: u32) -> Self {
        Self { queue, clock, attempt }
    }

    /// Never fails: when nobody ships events any more, the attempt is over and they do not matter.
    pub async fn send(&self, body: EventBody) {
        let event = NewEvent { at: self.clock.now(), attempt: self.attempt, body };
        let _ = self.queue.send(event).await;
    }

    pub async fn log(&self, stream: LogStream, line: impl Into<String>) {
        self.send(EventBody::Log { stream, line: line.into() }).await;
    }

    pub async fn text(&self, text: impl Into<String>) {
        self.send(EventBody::Text { text: text.into() }).await;
    }

    /// `fraction` is 0 to 1 where it is known.
    pub async fn progress(&self, fraction: Option<f64>, message: impl Into<String>) {
        self.send(EventBody::Progress { fraction, message: message.into() }).await;
    }

    /// A part of the work that the handler names.
    pub async fn step(&self, name: impl Into<String>, status: StepStatus, message: Option<String>) {
        self.send(EventBody::Step { name: name.into(), status, message }).await;
    }

    /// A model wants a tool to be run.
    pub async fn tool_call(&self, id: impl Into<String>, name: impl Into<String>, input: Value) {
        self.send(EventBody::ToolCall { id: id.into(), name: name.into(), input }).await;
    }

    /// A tool has run. The event shows the beginning of its output.
    pub async fn tool_result(
        &self,
        id: impl Into<String>,
        name: impl Into<String>,
        is_error: bool,
        took: Duration,
        output: &str,
    ) {
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let (id, name, output) = (id.into(), name.into(), shortened(output));
        self.send(EventBody::ToolResult { id, name, is_error, ms, output }).await;
    }

    pub async fn custom(&self, name: impl Into<String>, data: Value) {
        self.send(EventBody::Custom { name: name.into(), data }).await;
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(OUTPUT_CHARS_MAX) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
