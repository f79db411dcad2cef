//! The text of an answer, told a few times a second instead of word by word.

use std::time::Duration;

use tokio::time::Instant;

use crate::context::EventSender;

const PAUSE: Duration = Duration::from_millis(250);
/// A burst is told in parts.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Text that was heard and not told yet.
pub(super) struct Speech {
    waiting: String,
    told_at: Option<Instant>,
}

impl Speech {
    pub(super) fn new() -> Self {
        Self { waiting: String::new(), told_at: None }
    }

    pub(super) async fn add(&mut self, text: &str, events: &EventSender) {
        self.waiting.push_str(text);
        if self.waiting.len() >= TEXT_BYTES_MAX {
            self.tell(events).await;
        }
    }

    /// When to tell what there is; `None`: there is nothing. The first words go at once.
    pub(super) fn due(&self) -> Option<Instant> {
        let next = || self.told_at.map_or_else(Instant::now, |at| at + PAUSE);
        (!self.waiting.is_empty()).then(next)
    }

    pub(super) async fn tell(&mut self, events: &EventSender) {
        if !self.waiting.is_empty() {
            events.text(std::mem::take(&mut self.waiting)).await;
            self.told_at = Some(Instant::now());
        }
    }
}
