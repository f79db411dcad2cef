//! What befalls all calls of one service.

use http_body_util::Full;
use hyper::{HeaderMap, Response, StatusCode, body::Bytes, header};

use super::{Cut, replies};

/// Until it is taken back.
#[derive(Debug, Clone)]
pub enum Outage {
    /// Connections end before a call is carried out.
    Cut,
    /// Refused with the service's own failure.
    Failed,
    /// Refused because there are too many.
    Throttled,
    /// Refused in these words.
    Says(Answer),
}

/// An answer as a service gives it.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Answer {
    /// Of a service that speaks JSON.
    #[must_use]
    pub fn json(status: u16, kind: &str, said: &str) -> Self {
        let body = serde_json::json!({"__type": kind, "message": said}).to_string();
        Self { status, headers: Vec::new(), body }
    }

    /// Of S3.
    #[must_use]
    pub fn xml(status: u16, code: &str, said: &str) -> Self {
        let body = format!("<Error><Code>{code}</Code><Message>{said}</Message></Error>");
        Self { status, headers: Vec::new(), body }
    }

    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Outage {
    pub(super) fn answer(self, asked: &HeaderMap) -> Result<Response<Full<Bytes>>, Cut> {
        match self {
            Self::Cut => Err(Cut),
            Self::Failed => Ok(replies::failed(asked)),
            Self::Throttled => Ok(replies::throttled(asked)),
            Self::Says(answer) => Ok(answer.into()),
        }
    }
}

impl From<Answer> for Response<Full<Bytes>> {
    fn from(answer: Answer) -> Self {
        let mut response = Self::new(Full::new(answer.body.into()));
        *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status of HTTP");
        for (name, value) in answer.headers {
            response.headers_mut().insert(name, value.parse().expect("a value of a header"));
        }
        response
    }
}

/// The service that a call is signed for: `sqs` of `Credential=KEY/DATE/REGION/sqs/aws4_request`.
pub(super) fn service(asked: &HeaderMap) -> Option<&str> {
    let signed = asked.get(header::AUTHORIZATION)?.to_str().ok()?;
    signed.split("Credential=").nth(1)?.split('/').nth(3)
}
