//! What went wrong with a call, and what to do about it.

pub(crate) mod answer;

use std::time::Duration;

use crate::response::Usage;

/// A call failed.
///
/// `Display` is for people and never shows a key. Programs look at [`kind`](Self::kind) and
/// [`advice`](Self::advice).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.describe())]
pub struct Error {
    pub kind: ErrorKind,
    pub message: String,
    pub advice: Advice,
    pub status: Option<u16>,
    /// The provider's word for it, such as `overloaded_error` or `context_length_exceeded`.
    pub provider_type: Option<String>,
    pub request_id: Option<String>,
    /// What the call had cost when it broke, as far as the provider had said.
    pub spent: Option<Box<Spent>>,
}

/// What to do after a failure. The client has already retried as often as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The same call may well succeed later.
    Retry { after: Option<Duration> },
    /// Nothing should be asked of this provider for so long.
    CoolDown(Duration),
    /// The same call will fail again.
    GiveUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request is wrong.
    InvalidRequest,
    /// The prompt is longer than the model can read.
    ContextTooLong,
    /// The key is missing or wrong.
    Authentication,
    /// Nothing is left to pay with.
    Billing,
    Permission,
    /// No such model, or no such path on that server.
    NotFound,
    Conflict,
    /// The request is larger than the server takes.
    TooLarge,
    RateLimit,
    Overloaded,
    /// The server failed.
    Server,
    /// The server took too long.
    Timeout,
    /// The server cannot be reached, and has not heard what was asked.
    Connection,
    /// The answer broke off, or did not begin although the server was reached.
    Cut,
    /// What answered does not speak this API.
    Protocol,
    /// Not asked at all: the provider had said that it wants to be left alone.
    CoolingDown,
    /// A failure with a name or number that is not known here.
    Unknown,
}

/// What had been used when a stream broke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub model: String,
    /// As last reported. Output generated since then is not in it.
    pub usage: Usage,
    /// Characters that had arrived: a provider charges for them even if it could not say so any more.
    pub streamed_chars: u64,
}

impl Error {
    /// Whether the server may have worked on the call, and cannot tell any more. Refusals cost nothing.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        self.spent.is_none()
            && self.status.is_none()
            && matches!(self.kind, ErrorKind::Timeout | ErrorKind::Cut)
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            advice: kind.usual_advice(),
            status: None,
            provider_type: None,
            request_id: None,
            spent: None,
        }
    }

    fn describe(&self) -> String {
        let status = self.status.map(|status| format!("HTTP {status}"));
        let name = self.provider_type.clone();
        let request = self.request_id.as_ref().map(|id| format!("request {id}"));
        let facts: Vec<String> = [status, name, request].into_iter().flatten().collect();
        if facts.is_empty() {
            return self.message.clone();
        }
        format!("{} ({})", self.message, facts.join(", "))
    }
}

impl ErrorKind {
    fn usual_advice(self) -> Advice {
        match self {
            Self::Conflict
            | Self::RateLimit
            | Self::Overloaded
            | Self::Server
            | Self::Timeout
            | Self::Connection
            | Self::Cut => Advice::Retry { after: None },
            _ => Advice::GiveUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_support_will_ask_for() {
        let error = Error {
            status: Some(529),
            provider_type: Some("overloaded_error".into()),
            request_id: Some("req_1".into()),
            ..Error::new(ErrorKind::Overloaded, "Overloaded")
        };
        assert_eq!(error.to_string(), "Overloaded (HTTP 529, overloaded_error, request req_1)");
    }
}
