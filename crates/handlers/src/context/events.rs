//! How a handler tells what happens.

use std::sync::Arc;

use agent_runner_domain::{
    event::{EventBody, LogStream, NewEvent},
    ports::Clock,
};
use serde_json::Value;
use tokio::sync::mpsc;

/// How many events wait for the worker to ship them before the handler has to wait.
pub const EVENTS_MAX: usize = 1_024;

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

    pub async fn custom(&self, name: impl Into<String>, data: Value) {
        self.send(EventBody::Custom { name: name.into(), data }).await;
    }
}
