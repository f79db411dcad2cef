//! Hears an answer to its end, and tells it.

use agent_runner_domain::job::Failure;
use agent_runner_llm::{Error, Event, EventStream, Response, Spent};
use futures::StreamExt;
use tokio::time::{Instant, sleep_until};

use super::Call;

/// What comes next while an answer is written.
enum Next {
    Stopped,
    TellNow,
    /// `None`: the stream is over, which it never is without an answer or an error.
    Heard(Option<Result<Event, Error>>),
}

impl Call<'_> {
    pub(super) async fn listen(&mut self) -> Result<Response, Failure> {
        let mut stream = match self.route.client.stream(self.request).await {
            Ok(stream) => stream,
            Err(error) => return Err(self.fail(error).await),
        };
        loop {
            match self.next(&mut stream).await {
                Next::TellNow => self.speech.tell(&self.context.events).await,
                Next::Heard(Some(Ok(Event::Finished(response)))) => {
                    self.speech.tell(&self.context.events).await;
                    return Ok(*response);
                }
                Next::Heard(Some(Ok(event))) => self.hear(event).await?,
                Next::Heard(Some(Err(error))) => return Err(self.fail(error).await),
                Next::Stopped | Next::Heard(None) => {
                    drop(stream);
                    return Err(self.stop().await);
                }
            }
        }
    }

    async fn next(&self, stream: &mut EventStream) -> Next {
        let due = self.speech.due();
        if due.is_some_and(|due| due <= Instant::now()) {
            return Next::TellNow;
        }
        tokio::select! {
            biased;
            () = self.context.cancelled.cancelled() => Next::Stopped,
            event = stream.next() => Next::Heard(event),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Next::TellNow,
        }
    }

    async fn hear(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Retrying { error, pause } | Event::Restarted { error, pause } => {
                self.try_again(&error, pause).await?;
            }
            Event::Started { model, usage, .. } => {
                let usage = usage.unwrap_or_default();
                self.heard = Some(Spent { model, usage, streamed_chars: 0 });
            }
            Event::Usage(usage) => self.heard.get_or_insert_default().usage = usage,
            Event::TextDelta { text, .. } => {
                self.add_chars(&text);
                if self.speaks {
                    self.speech.add(&text, &self.context.events).await;
                }
            }
            Event::ThinkingDelta { text, .. } => self.add_chars(&text),
            Event::ToolInputDelta { json, .. } => self.add_chars(&json),
            Event::ToolStarted { .. } | Event::BlockDone { .. } | Event::Finished(_) => {}
        }
        Ok(())
    }

    fn add_chars(&mut self, text: &str) {
        self.heard.get_or_insert_default().streamed_chars += text.chars().count() as u64;
    }
}
