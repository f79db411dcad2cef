//! Runs one streamed answer: bytes into frames, frames into events, and over again if it may.
//!
//! Nothing happens before somebody waits for an event, and every failed try is one: so whoever pays can
//! count what it took, and decide not to go on, before the next try is made.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use reqwest::Response;

use crate::error::{Error, ErrorKind, Spent};
use crate::model::{Event, EventStream};
use crate::sse::{Frame, Frames};
use crate::transport::{Call, Transport, Tries, content_type, request_id};

/// Turns the frames of one provider into events. One decoder reads one answer.
pub(crate) trait Decoder: Send {
    /// # Errors
    /// What the provider reports, or a frame that makes no sense.
    fn frame(&mut self, frame: &Frame, out: &mut VecDeque<Event>) -> Result<(), Error>;

    /// The bytes are over.
    ///
    /// # Errors
    /// [`ErrorKind::Cut`] if the answer is not.
    fn end(&mut self, out: &mut VecDeque<Event>) -> Result<(), Error>;

    /// Whether the answer is complete, whatever bytes may follow.
    fn is_done(&self) -> bool;

    fn spent(&self) -> Option<Spent>;
}

type NewDecoder = fn(request_id: Option<String>) -> Box<dyn Decoder>;

struct Session {
    transport: Arc<Transport>,
    call: Call,
    new_decoder: NewDecoder,
    tries: Tries,
    /// The answer that is being read; `None`: it has to be asked for.
    current: Option<Try>,
    ready: VecDeque<Event>,
    /// Something of the current answer has been seen outside.
    handed_on: bool,
    /// Before the next try.
    pause: Option<Duration>,
    failed: Option<Error>,
    is_over: bool,
}

/// One answer that is being read.
struct Try {
    response: Response,
    request_id: Option<String>,
    frames: Frames,
    decoder: Box<dyn Decoder>,
    has_begun: bool,
}

/// Sends `call` as soon as an event is waited for, and reads what comes.
pub(crate) fn start(transport: Arc<Transport>, call: Call, new_decoder: NewDecoder) -> EventStream {
    let session = Session {
        tries: Tries::new(&transport.retry),
        transport,
        call,
        new_decoder,
        current: None,
        ready: VecDeque::new(),
        handed_on: false,
        pause: None,
        failed: None,
        is_over: false,
    };
    EventStream::new(stream::unfold(session, |mut session| async {
        let event = session.next().await?;
        Some((event, session))
    }))
}

async fn open(transport: &Transport, call: &Call, new_decoder: NewDecoder) -> Result<Try, Error> {
    let response = transport.try_open(call).await?;
    let kind = content_type(response.headers());
    if !kind.is_empty() && !kind.starts_with("text/event-stream") {
        let problem = format!("{kind} instead of a stream of events");
        return Err(transport.not_the_api(response, &problem).await);
    }
    let request_id = request_id(response.headers());
    let decoder = new_decoder(request_id.clone());
    Ok(Try { response, request_id, frames: Frames::default(), decoder, has_begun: false })
}

impl Session {
    async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                // News about failed tries hold nothing of an answer.
                self.handed_on |=
                    !matches!(event, Event::Retrying { .. } | Event::Restarted { .. });
                return Some(Ok(event));
            }
            if let Some(error) = self.failed.take() {
                self.is_over = true;
                return Some(Err(error));
            }
            if self.is_over {
                return None;
            }
            match self.step().await {
                Ok(is_over) => self.is_over = is_over,
                Err(error) => self.recover(error),
            }
        }
    }

    /// Plans to start over after a failure, or to end with it.
    fn recover(&mut self, error: Error) {
        if self.handed_on && !self.transport.retry.restart_streams {
            self.failed = Some(error);
            return;
        }
        match self.tries.next_pause(error) {
            Err(error) => self.failed = Some(error),
            Ok((pause, error)) => {
                self.pause = Some(pause);
                self.current = None;
                self.ready.clear();
                let error = Box::new(error);
                self.ready.push_back(if std::mem::take(&mut self.handed_on) {
                    Event::Restarted { error, pause }
                } else {
                    Event::Retrying { error, pause }
                });
            }
        }
    }

    /// Asks, or reads on. `true`: the answer is complete.
    async fn step(&mut self) -> Result<bool, Error> {
        if let Some(pause) = self.pause.take() {
            tokio::time::sleep(pause).await;
        }
        if let Some(current) = &mut self.current {
            return current.advance(&self.transport, &mut self.ready).await;
        }
        self.current = Some(open(&self.transport, &self.call, self.new_decoder).await?);
        Ok(false)
    }
}

impl Try {
    /// Reads on. `true`: the answer is complete.
    async fn advance(
        &mut self,
        transport: &Transport,
        out: &mut VecDeque<Event>,
    ) -> Result<bool, Error> {
        self.read_on(transport, out).await.map_err(|error| Error {
            request_id: error.request_id.or_else(|| self.request_id.clone()),
            spent: self.decoder.spent().map(Box::new),
            ..error
        })
    }

    async fn read_on(
        &mut self,
        transport: &Transport,
        out: &mut VecDeque<Event>,
    ) -> Result<bool, Error> {
        let Some(bytes) = transport.next_part(&mut self.response, !self.has_begun).await? else {
            return self.end(out).map(|()| true);
        };
        self.has_begun = true;
        let mut frames = VecDeque::new();
        let all_read = self.frames.feed(&bytes, &mut frames);
        for frame in frames {
            self.decoder.frame(&frame, out)?;
            if self.decoder.is_done() {
                return Ok(true);
            }
        }
        all_read.map_err(|error| Error::new(ErrorKind::Protocol, error.to_string()))?;
        Ok(false)
    }

    fn end(&mut self, out: &mut VecDeque<Event>) -> Result<(), Error> {
        if self.frames.is_mid_event() {
            return Err(Error::new(
                ErrorKind::Cut,
                "the answer broke off in the middle of an event",
            ));
        }
        self.decoder.end(out)
    }
}
