//! How a provider is reached.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{RetryPolicy, Transport};
use crate::error::{Error, ErrorKind};
use crate::key::Key;

/// How long to wait for what.
#[derive(Clone, Debug)]
pub struct TimeLimits {
    pub connect: Duration,
    /// From sending the request to the first sign of an answer. A whole answer is written before it
    /// is sent, so this is long.
    pub first_byte: Duration,
    /// Between two parts of an answer.
    pub idle: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_mins(10),
            idle: Duration::from_mins(5),
        }
    }
}

/// How we say who we are.
#[derive(Clone, Debug)]
pub enum Auth {
    /// `x-api-key: KEY`
    ApiKey(Key),
    /// `authorization: Bearer KEY`
    Bearer(Key),
    /// Servers on one's own machine often want nothing.
    None,
}

/// What all clients can be told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub limits: TimeLimits,
    pub retry: RetryPolicy,
    /// More headers, such as those of a gateway. Their values are treated as secrets.
    pub headers: Vec<(String, String)>,
}

impl Transport {
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] if an address, key or header cannot be used.
    pub(crate) fn new(base: &str, auth: Auth, options: Options) -> Result<Self, Error> {
        let base = base_url(base)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("agent-runner/", env!("CARGO_PKG_VERSION")))
            .default_headers(default_headers(&auth, &options.headers)?)
            .connect_timeout(options.limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true);
        // Whoever installed one before has the same right to choose.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if base.scheme() == "http" {
            // Reading the machine's certificates takes time, and a bare machine has none.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| {
            Error::new(ErrorKind::Connection, format!("TLS cannot be used here: {}", root(&error)))
        })?;
        let key = match auth {
            Auth::ApiKey(key) | Auth::Bearer(key) => Some(key),
            Auth::None => None,
        };
        let Options { limits, retry, .. } = options;
        Ok(Self { http, base, key, limits, retry, cooling_until: None.into() })
    }
}

fn base_url(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| invalid(format!("base URL {text:?}: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(invalid(format!("base URL {text:?}: must begin with http:// or https://")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "base URL: holds a password; give the key apart from the URL";
        return Err(invalid(message.into()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(format!("base URL {text:?}: must end with its path")));
    }
    Ok(url)
}

fn default_headers(auth: &Auth, more: &[(String, String)]) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    match auth {
        Auth::ApiKey(key) => {
            headers.insert("x-api-key", secret("the key", key.reveal())?);
        }
        Auth::Bearer(key) => {
            let value = format!("Bearer {}", key.reveal());
            headers.insert(AUTHORIZATION, secret("the key", &value)?);
        }
        Auth::None => {}
    }
    for (name, value) in more {
        let header = HeaderName::try_from(name.as_str())
            .map_err(|_| invalid(format!("{name:?} cannot be the name of a header")))?;
        headers.insert(header, secret(&format!("the header {name}"), value)?);
    }
    Ok(headers)
}

fn secret(what: &str, text: &str) -> Result<HeaderValue, Error> {
    let unusable = || invalid(format!("{what} holds characters that cannot be sent"));
    let mut value = HeaderValue::from_str(text).map_err(|_| unusable())?;
    value.set_sensitive(true);
    Ok(value)
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}

/// The innermost cause. The outer ones only say that a request failed, and name its URL.
pub(super) fn root(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    let mut found = error.source().is_none().then(|| error.to_string());
    while let Some(inner) = cause.source() {
        cause = inner;
        found = Some(inner.to_string());
    }
    found.unwrap_or_default()
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(base: &str) -> String {
        Transport::new(base, Auth::None, Options::default()).unwrap_err().to_string()
    }

    #[test]
    fn a_base_that_cannot_be_used_is_refused_at_once() {
        for base in ["", "api.example.com", "ftp://x", "http://x?key=1"] {
            assert!(refused(base).starts_with("base URL"), "{base}");
        }
        let said = refused("https://me:hunter2@api.example.com");
        assert!(!said.contains("hunter2"), "{said}");
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_refused_without_showing_it() {
        let auth = Auth::Bearer(Key::new("sk-\u{1}secret"));
        let error = Transport::new("http://localhost", auth, Options::default()).unwrap_err();
        assert_eq!(error.message, "the key holds characters that cannot be sent");
    }
}
