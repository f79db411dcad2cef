//! A job's log as it is written, without gaps or repetitions over any number of broken connections.

use std::{io, pin::Pin, time::Duration};

use agent_runner_api_types::{EventView, event::StreamEnd};
use agent_runner_domain::JobId;
use eventsource_stream::{Event, Eventsource};
use futures::{Stream, StreamExt, stream};
use reqwest::{Method, Response, header::ACCEPT};

use super::{ApiError, Client};

const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Tries in a row that bring nothing; about a minute with the pauses.
const FRUITLESS_TRIES_MAX: u32 = 15;

type Messages = Pin<Box<dyn Stream<Item = Result<Event, String>> + Send>>;

/// What a follower hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Followed {
    Event(EventView),
    /// The connection broke; the follower tries again after this.
    Lost {
        why: String,
        again_in: Duration,
    },
    /// The job has ended and everything was told.
    End,
}

/// Follows one job's log from a place on.
pub struct Follow {
    client: Client,
    job: JobId,
    /// The last event that was told.
    seen: u64,
    messages: Option<Messages>,
    fruitless: u32,
    pause: Option<Duration>,
}

impl Client {
    /// The job's events numbered above `after`, those to come included.
    #[must_use]
    pub fn follow(&self, job: JobId, after: u64) -> Follow {
        Follow { client: self.clone(), job, seen: after, messages: None, fruitless: 0, pause: None }
    }

    async fn open_stream(&self, job: JobId, after: u64) -> Result<Messages, ApiError> {
        let request = self.request(Method::GET, &format!("jobs/{job}/events"), &[]);
        let request = request.header(ACCEPT, "text/event-stream");
        let request = match after {
            0 => request,
            seen => request.header("last-event-id", seen.to_string()),
        };
        let response = self.send(request).await?;
        Ok(messages(response))
    }
}

fn messages(response: Response) -> Messages {
    let chunks = stream::unfold(response, |mut response| async move {
        let chunk = response.chunk().await.map_err(|error| super::error::root(&error));
        chunk.map_err(io::Error::other).transpose().map(|chunk| (chunk, response))
    });
    Box::pin(chunks.eventsource().map(|message| message.map_err(|error| error.to_string())))
}

impl Follow {
    /// The number of the last event that was told; another follower can go on from there.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// What happens next. After [`Followed::End`] there is nothing more. Dropping the future loses nothing.
    ///
    /// # Errors
    /// What trying again does not change, or the last of many tries in vain.
    pub async fn next(&mut self) -> Result<Followed, ApiError> {
        loop {
            if let Some(pause) = self.pause {
                tokio::time::sleep(pause).await;
                self.pause = None;
            }
            let Some(messages) = &mut self.messages else {
                match self.client.open_stream(self.job, self.seen).await {
                    Ok(messages) => self.messages = Some(messages),
                    Err(error) => return self.lost(error),
                }
                continue;
            };
            let message = match messages.next().await {
                Some(Ok(message)) => message,
                Some(Err(why)) => return self.broken(why),
                None => return self.broken("the server closed the stream".to_owned()),
            };
            if message.event == StreamEnd::EVENT {
                return Ok(Followed::End);
            }
            if let Some(event) = self.read(&message)? {
                return Ok(Followed::Event(event));
            }
        }
    }

    /// An event that was not told before.
    fn read(&mut self, message: &Event) -> Result<Option<EventView>, ApiError> {
        let event: EventView = serde_json::from_str(&message.data)
            .map_err(|_| self.client.unexpected(200, &message.data))?;
        if event.seq <= self.seen {
            return Ok(None);
        }
        self.seen = event.seq;
        self.fruitless = 0;
        Ok(Some(event))
    }

    fn broken(&mut self, why: String) -> Result<Followed, ApiError> {
        self.messages = None;
        self.lost(ApiError::Unreachable { url: self.client.url().to_owned(), why })
    }

    fn lost(&mut self, error: ApiError) -> Result<Followed, ApiError> {
        self.fruitless += 1;
        if !error.is_passing() || self.fruitless > FRUITLESS_TRIES_MAX {
            return Err(error);
        }
        let doubled = PAUSE_FIRST.saturating_mul(1 << self.fruitless.min(10).saturating_sub(1));
        let again_in = doubled.min(PAUSE_MAX);
        self.pause = Some(again_in);
        Ok(Followed::Lost { why: error.to_string(), again_in })
    }
}
