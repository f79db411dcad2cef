//! HTTP: limits in time and size, retries, and the pause after a provider has had enough of us.
//!
//! Knows what a refusal looks like, and nothing of what good answers mean.

mod client;
mod headers;
mod retry;
mod tries;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};
use tokio::time::{Instant, timeout};
use url::Url;

pub use self::client::{Auth, Options, TimeLimits};
pub use self::retry::RetryPolicy;
pub(crate) use self::tries::Tries;
use crate::error::{Advice, Error, ErrorKind, answer};
use crate::key::Key;

/// The largest whole answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The largest refusal that is read.
const REFUSAL_BYTES_MAX: usize = 1024 * 1024;

pub(crate) struct Transport {
    http: reqwest::Client,
    base: Url,
    key: Option<Key>,
    limits: TimeLimits,
    pub(crate) retry: RetryPolicy,
    /// Until when this provider is left alone.
    cooling_until: Mutex<Option<Instant>>,
}

/// One request, ready to be sent as often as needed.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn get(path: &str) -> Self {
        let headers = HeaderMap::new();
        Self { method: Method::GET, path: path.into(), headers, body: Bytes::new() }
    }

    pub(crate) fn post(path: &str, body: Vec<u8>) -> Self {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        Self { method: Method::POST, path: path.into(), headers, body: body.into() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        self
    }
}

impl Transport {
    /// Sends until a server answers well, or the tries are used up.
    async fn open(&self, call: &Call, tries: &mut Tries) -> Result<Response, Error> {
        loop {
            let error = match self.try_open(call).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            tries.pause_after(error).await?;
        }
    }

    /// As `open`, with the body.
    pub(crate) async fn whole(&self, call: &Call) -> Result<Answer, Error> {
        let mut tries = Tries::new(&self.retry);
        loop {
            let mut response = self.open(call, &mut tries).await?;
            match self.read(&mut response, ANSWER_BYTES_MAX).await {
                Ok(body) => return Ok(Answer { headers: response.headers().clone(), body }),
                Err(error) => tries.pause_after(error).await?,
            }
        }
    }

    /// Sends once.
    pub(crate) async fn try_open(&self, call: &Call) -> Result<Response, Error> {
        self.refuse_while_cooling()?;
        let url = format!("{}/{}", self.base.as_str().trim_end_matches('/'), call.path);
        let request = self
            .http
            .request(call.method.clone(), url)
            .headers(call.headers.clone())
            .body(call.body.clone());
        let response = timeout(self.limits.first_byte, request.send())
            .await
            .map_err(|_| {
                self.too_slow("the server did not begin to answer", self.limits.first_byte)
            })?
            .map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.refusal(response).await)
        }
    }

    async fn refusal(&self, mut response: Response) -> Error {
        let status = response.status().as_u16();
        // A refusal of which the text does not arrive is still a refusal.
        let body = self.read(&mut response, REFUSAL_BYTES_MAX).await.unwrap_or_default();
        let advice = self.retry.advice(status, headers::hints(response.headers()));
        if let Advice::CoolDown(pause) = advice {
            self.cool_down(pause);
        }
        let content_type = headers::content_type(response.headers());
        let mut error = answer::refused(status, content_type, &body, advice);
        error.request_id = headers::request_id(response.headers()).or(error.request_id);
        self.without_key(error)
    }

    async fn read(&self, response: &mut Response, bytes_max: usize) -> Result<Bytes, Error> {
        let mut body = Vec::new();
        while let Some(part) = self.chunk(response, self.limits.idle).await? {
            if body.len() + part.len() > bytes_max {
                let message = format!("the answer is larger than {} MB", bytes_max >> 20);
                return Err(Error::new(ErrorKind::Protocol, message));
            }
            body.extend_from_slice(&part);
        }
        Ok(body.into())
    }

    /// The next part of the body; `None` at its end.
    async fn chunk(
        &self,
        response: &mut Response,
        limit: Duration,
    ) -> Result<Option<Bytes>, Error> {
        match timeout(limit, response.chunk()).await {
            Ok(Ok(part)) => Ok(part),
            Ok(Err(error)) => {
                let message = format!("the answer broke off: {}", client::root(&error));
                Err(self.without_key(Error::new(ErrorKind::Cut, message)))
            }
            Err(_) => Err(self.too_slow("the answer stood still", limit)),
        }
    }

    /// The next part of a stream. Its first part may take as long as a whole answer: some servers
    /// send the head at once and think then.
    pub(crate) async fn next_part(
        &self,
        response: &mut Response,
        is_first: bool,
    ) -> Result<Option<Bytes>, Error> {
        let limit = if is_first { self.limits.first_byte } else { self.limits.idle };
        self.chunk(response, limit).await
    }

    /// An answer of the wrong kind, read as far as needed to say what it is.
    pub(crate) async fn not_the_api(&self, mut response: Response, problem: &str) -> Error {
        let body = self.read(&mut response, REFUSAL_BYTES_MAX).await.unwrap_or_default();
        let mut error =
            answer::not_the_api(headers::content_type(response.headers()), &body, problem);
        error.request_id = headers::request_id(response.headers());
        self.without_key(error)
    }

    fn refuse_while_cooling(&self) -> Result<(), Error> {
        let until = *self.cooling_until.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until.and_then(|until| until.checked_duration_since(Instant::now()));
        match left.filter(|left| !left.is_zero()) {
            None => Ok(()),
            Some(left) => {
                let message = format!(
                    "not asked: this provider has refused for now, and is left alone for another {} s",
                    left.as_secs() + 1
                );
                let advice = Advice::CoolDown(left);
                Err(Error { advice, ..Error::new(ErrorKind::CoolingDown, message) })
            }
        }
    }

    fn cool_down(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut cooling = self.cooling_until.lock().unwrap_or_else(PoisonError::into_inner);
        *cooling = (*cooling).max(Some(until));
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let (kind, what) = if error.is_connect() {
            (ErrorKind::Connection, "cannot be reached")
        } else {
            (ErrorKind::Cut, "has not answered")
        };
        let host = self.base.host_str().unwrap_or_default();
        let message = format!("{host} {what}: {}", client::root(error));
        self.without_key(Error::new(kind, message))
    }

    fn too_slow(&self, what: &str, limit: Duration) -> Error {
        let host = self.base.host_str().unwrap_or_default();
        Error::new(ErrorKind::Timeout, format!("{what} for {} s ({host})", limit.as_secs_f64()))
    }

    fn without_key(&self, mut error: Error) -> Error {
        if let Some(key) = &self.key {
            error.message = key.hide_in(error.message);
        }
        error
    }
}

pub(crate) use self::headers::{content_type, request_id};
