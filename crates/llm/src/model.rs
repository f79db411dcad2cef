//! The one thing that every client is.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures::{Stream, StreamExt};

use crate::block::Block;
use crate::error::{Error, ErrorKind};
use crate::request::Request;
use crate::response::{Response, Usage};

/// Somebody who serves models.
#[async_trait]
pub trait Model: Send + Sync {
    /// The name under which the price table knows them, such as `anthropic`.
    fn provider(&self) -> &str;

    /// Asks, and hands on the answer as it is written. Nothing is sent before the first event is waited for.
    ///
    /// Failures up to the first part of the answer are retried, later ones only if the policy says so. Each
    /// failed try is an event, and the next one begins when the event after it is waited for.
    ///
    /// # Errors
    /// If the request can never be sent. What the server refuses is an error of the stream.
    async fn stream(&self, request: &Request) -> Result<EventStream, Error>;

    /// Asks, and waits for the whole answer. For short ones: it may be minutes without a sign of life.
    async fn complete(&self, request: &Request) -> Result<Response, Error>;

    /// How long the prompt is. `None`: this provider does not count.
    async fn count_tokens(&self, request: &Request) -> Result<Option<u64>, Error>;

    /// What can be asked.
    async fn models(&self) -> Result<Vec<ModelInfo>, Error>;
}

/// What happens while a model answers. Blocks are numbered as the provider does.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A try failed before anything of the answer was handed on; the next follows after the pause.
    Retrying {
        error: Box<Error>,
        pause: Duration,
    },
    /// A try failed after that: what was handed on is void, and comes again from the start.
    Restarted {
        error: Box<Error>,
        pause: Duration,
    },
    /// The answer begins. The usage is that of the prompt, if the provider says so early.
    Started {
        id: String,
        model: String,
        usage: Option<Usage>,
    },
    TextDelta {
        block: usize,
        text: String,
    },
    ThinkingDelta {
        block: usize,
        text: String,
    },
    ToolStarted {
        block: usize,
        id: String,
        name: String,
    },
    /// A part of the JSON that will be the tool's input.
    ToolInputDelta {
        block: usize,
        json: String,
    },
    BlockDone {
        block: usize,
        content: Block,
    },
    /// The sum so far.
    Usage(Usage),
    /// Always the last one of a stream that did not fail.
    Finished(Box<Response>),
}

/// The events of one answer. It ends with [`Event::Finished`] or with an error. Dropping it ends the call.
pub struct EventStream(Pin<Box<dyn Stream<Item = Result<Event, Error>> + Send>>);

impl EventStream {
    pub fn new(events: impl Stream<Item = Result<Event, Error>> + Send + 'static) -> Self {
        Self(Box::pin(events))
    }

    /// Reads to the end.
    ///
    /// # Errors
    /// What the stream ended with, if not with an answer.
    pub async fn finish(mut self) -> Result<Response, Error> {
        while let Some(event) = self.next().await {
            if let Event::Finished(response) = event? {
                return Ok(*response);
            }
        }
        Err(Error::new(ErrorKind::Cut, "the stream of events ended without an answer"))
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

/// A model that can be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelInfo {
    pub id: String,
    pub name: Option<String>,
    pub prompt_tokens_max: Option<u64>,
    pub output_tokens_max: Option<u64>,
    /// `active`, `deprecated`, `retired`, if the provider tells.
    pub lifecycle: Option<String>,
}
