//! What clients hear of chats, and whether that is all.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use agent_runner_api_types::{EventView, event::EventDetail};
use agent_runner_client::api::{Client, Followed};
use agent_runner_domain::{JobId, job::Status};
use anyhow::ensure;
use tokio::time::sleep;

const START_MAX: Duration = Duration::from_mins(1);

/// How far the chats are.
#[derive(Default)]
pub(super) struct Course {
    speaking: Cell<usize>,
    ended: Cell<usize>,
}

/// What came of one chat.
#[derive(Default)]
pub(super) struct Heard {
    text: String,
    pub(super) events: u64,
    /// Some event's number is not that of the one before it plus one.
    has_gap: bool,
    has_succeeded: bool,
}

impl Course {
    /// Waits until every chat has said something.
    pub(super) async fn all_speak(&self, chats: usize) -> anyhow::Result<()> {
        let end = Instant::now() + START_MAX;
        while self.speaking.get() < chats {
            let speaking = self.speaking.get();
            ensure!(Instant::now() < end, "only {speaking} of {chats} chats stream");
            self.none_has_ended(chats)?;
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Else not all streamed at the same time.
    pub(super) fn none_has_ended(&self, chats: usize) -> anyhow::Result<()> {
        let ended = self.ended.get();
        ensure!(ended == 0, "{ended} of {chats} chats ended before all could be looked at");
        Ok(())
    }
}

/// Follows a chat from its first event to its last.
pub(super) async fn follow(client: &Client, id: JobId, course: &Course) -> anyhow::Result<Heard> {
    let mut follow = client.follow(id, 0);
    let mut heard = Heard::default();
    loop {
        match follow.next().await? {
            Followed::Event(event) => {
                let was_silent = heard.text.is_empty();
                heard.add(event);
                if was_silent && !heard.text.is_empty() {
                    course.speaking.update(|chats| chats + 1);
                }
            }
            Followed::Lost { why, .. } => eprintln!("  {id}: {why}; following it again"),
            Followed::End => {
                course.ended.update(|chats| chats + 1);
                return Ok(heard);
            }
        }
    }
}

impl Heard {
    fn add(&mut self, event: EventView) {
        self.events += 1;
        self.has_gap |= event.seq != self.events;
        match event.detail {
            EventDetail::Text { text } => self.text.push_str(&text),
            EventDetail::State { status, .. } => self.has_succeeded = status == Status::Succeeded,
            _ => {}
        }
    }

    /// What is wrong with it if `sent` is what the model has said.
    pub(super) fn fault(&self, sent: &str) -> Option<&'static str> {
        match self {
            Self { has_succeeded: false, .. } => Some("it did not succeed"),
            Self { has_gap: true, .. } => Some("an event is missing"),
            Self { text, .. } if text != sent => Some("its text is not what was sent"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SENT: &str = "one two three";

    fn event(seq: u64, detail: &serde_json::Value) -> EventView {
        let mut event = json!({"seq": seq, "at": "2026-01-01T00:00:00Z", "attempt": 1});
        event.as_object_mut().unwrap().extend(detail.as_object().unwrap().clone());
        serde_json::from_value(event).unwrap()
    }

    fn fault(seqs: [u64; 3], texts: [&str; 2], status: &str) -> Option<&'static str> {
        let mut heard = Heard::default();
        heard.add(event(seqs[0], &json!({"kind": "text", "text": texts[0]})));
        heard.add(event(seqs[1], &json!({"kind": "text", "text": texts[1]})));
        heard.add(event(seqs[2], &json!({"kind": "state", "status": status})));
        heard.fault(SENT)
    }

    #[test]
    fn what_is_lost_is_noticed() {
        let all = ["one two", " three"];
        assert_eq!(fault([1, 2, 3], all, "SUCCEEDED"), None);
        assert_eq!(fault([1, 2, 3], all, "FAILED"), Some("it did not succeed"));
        assert_eq!(fault([1, 3, 4], all, "SUCCEEDED"), Some("an event is missing"));
        for wrong in [["one two", ""], ["one two", " two three"], [" three", "one two"]] {
            let fault = fault([1, 2, 3], wrong, "SUCCEEDED");
            assert_eq!(fault, Some("its text is not what was sent"));
        }
    }
}
