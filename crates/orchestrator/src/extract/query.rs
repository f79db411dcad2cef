//! The query string, read parameter by parameter: what is unknown, given twice or wrong is refused, all at once.

use std::{borrow::Cow, str::FromStr, time::Duration};

use agent_runner_api_types::{Fault, ProblemCode};
use axum::extract::FromRequestParts;
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// How long one request may wait: less than the half minute after which much between here and there gives up.
const WAIT_MAX: Duration = Duration::from_secs(25);
const WAIT_SECONDS_ASKED_MAX: u64 = 86_400;

/// Parameters that were not taken yet, and the faults so far.
pub(crate) struct Query {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let given = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, ApiError>>()?;
        Ok(Self { given, known: Vec::new(), faults: Vec::new() })
    }

    /// A parameter's value; a fault if it is given twice.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let at = self.given.iter().position(|(given, _)| given == name)?;
        let (_, value) = self.given.swap_remove(at);
        if self.given.iter().any(|(given, _)| given == name) {
            self.given.retain(|(given, _)| given != name);
            self.fault(name, "the parameter is given twice; give it once");
        }
        Some(value)
    }

    pub(crate) fn parsed<T: FromStr<Err: ToString>>(&mut self, name: &'static str) -> Option<T> {
        let value = self.text(name)?;
        value.parse().map_err(|error: T::Err| self.fault(name, error.to_string())).ok()
    }

    /// A whole number in bounds.
    pub(crate) fn number(&mut self, name: &'static str, min: u64, max: u64) -> Option<u64> {
        let value = self.text(name)?;
        // A parser takes `+1` too, which JSON does not.
        let number = value.parse().ok().filter(|_| !value.starts_with('+'));
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.fault(name, format!("a whole number from {min} to {max} is wanted"));
        }
        number
    }

    /// How long to wait for news; what is longer than [`WAIT_MAX`] is cut, because whoever waits can ask again.
    pub(crate) fn wait(&mut self) -> Duration {
        let seconds = self.number("wait", 0, WAIT_SECONDS_ASKED_MAX).unwrap_or_default();
        Duration::from_secs(seconds).min(WAIT_MAX)
    }

    pub(crate) fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(format!("?{name}"), message));
    }

    /// Whatever was not taken is unknown.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        for (name, _) in std::mem::take(&mut self.given) {
            let known = match self.known.as_slice() {
                [] => Cow::Borrowed("this address takes no parameters"),
                known => format!("there are: {}", known.join(", ")).into(),
            };
            let shown: String = name.chars().take(100).collect();
            self.fault(&shown, format!("there is no such parameter; {known}"));
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(ApiError::faults(ProblemCode::InvalidParameter, self.faults))
        }
    }
}

fn decode(text: &str) -> Result<String, ApiError> {
    let spaced = text.replace('+', " ");
    let whole = |at: usize| {
        spaced.as_bytes()[at + 1..].iter().take(2).filter(|b| b.is_ascii_hexdigit()).count() == 2
    };
    let encoded = spaced.match_indices('%').all(|(at, _)| whole(at));
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) if encoded => Ok(decoded.into_owned()),
        _ => Err(ApiError::new(ProblemCode::BadRequest, "the query is not percent-encoded UTF-8")
            .fix("Percent-encode the names and values of the query as UTF-8.")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn faults(query: Query) -> Vec<String> {
        let error = query.finish().unwrap_err();
        error.problem.errors.iter().map(|fault| fault.path.clone()).collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut query = Query::parse("limit=0&wait=1&wait=2&colour=red&a%20b").unwrap();
        assert_eq!(query.number("limit", 1, 500), None);
        query.wait();
        assert_eq!(faults(query), ["?limit", "?wait", "?a b", "?colour"]);
    }

    #[test]
    fn bad_encodings_are_refused() {
        for text in ["%", "a=%2", "a=%zz", "%ff=1"] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(text in "[a=&%+2f\\PC]{0,30}") {
            if let Ok(mut query) = Query::parse(&text) {
                let _ = (query.text("a"), query.number("f", 0, 9), query.finish());
            }
        }
    }
}
