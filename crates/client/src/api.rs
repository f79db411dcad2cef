//! The API as its users call it: one method per operation, typed answers, errors that can be shown to people.
//!
//! A call is tried once. Only [`Follow`] tries again, because it knows where it was.

mod artifacts;
mod costs;
mod error;
mod follow;
mod jobs;

use std::{fmt, time::Duration};

use reqwest::{
    Method, RequestBuilder, Response, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;

pub use self::{
    artifacts::Download,
    costs::{CostFilter, CostsBy},
    error::ApiError,
    follow::{Follow, Followed},
    jobs::{Filter, Submitted},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longer than any pause between the signs of life on a stream of events.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// How long one answer may take where nothing else is said.
const ANSWER_MAX: Duration = Duration::from_mins(2);
/// An answer longer than this is no answer of ours; downloads are not read this way.
const ANSWER_BYTES_MAX: usize = 512 * 1024 * 1024;

const JSON: &str = "application/json";

/// A key for the API. No log shows it.
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

/// The text cannot be sent as an API key.
#[derive(Debug, thiserror::Error)]
#[error("an API key is one word of visible ASCII characters")]
pub struct ApiKeyError;

/// A server's API. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

impl ApiKey {
    /// # Errors
    /// When the text has characters that no key has.
    pub fn new(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError);
        }
        let mut header =
            HeaderValue::try_from(format!("Bearer {text}")).map_err(|_| ApiKeyError)?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl Client {
    /// A client of the server at `url`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ApiError::InvalidUrl`] or [`ApiError::NoTls`].
    pub fn new(url: &str, key: Option<&ApiKey>) -> Result<Self, ApiError> {
        let base = base_url(url)?;
        let mut headers = HeaderMap::new();
        if let Some(ApiKey(header)) = key {
            headers.insert(AUTHORIZATION, header.clone());
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("agent-runner/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true);
        // Whoever installed one before has the same right to choose.
        let _ = rustls::crypto::ring::default_provider().install_default();
        if base.scheme() == "http" {
            // Reading the machine's certificates takes time, and a bare machine has none.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| ApiError::NoTls(error::root(&error)))?;
        Ok(Self { http, base })
    }

    /// Where the server is.
    #[must_use]
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        let (path, given) = path.split_once('?').map_or((path, None), |(a, b)| (a, Some(b)));
        url.set_path(&format!("{}{}", self.base.path(), path.trim_start_matches('/')));
        url.set_query(given);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.http.request(method, url).header(ACCEPT, JSON)
    }

    fn get(&self, path: &str, query: &[(&str, String)]) -> RequestBuilder {
        self.request(Method::GET, path, query).timeout(ANSWER_MAX)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path, &[]).timeout(ANSWER_MAX)
    }

    /// The answer to a request, if it is a good one.
    async fn send(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refusal(response).await)
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ApiError> {
        let response = self.send(request).await?;
        let status = response.status().as_u16();
        let text = self.text(response).await?;
        serde_json::from_str(&text).map_err(|_| self.unexpected(status, &text))
    }

    /// The whole body as text.
    async fn text(&self, mut response: Response) -> Result<String, ApiError> {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(self.unexpected(status, "an answer without end"));
            }
        }
        String::from_utf8(body).map_err(|_| self.unexpected(status, "bytes that are no text"))
    }

    async fn refusal(&self, response: Response) -> ApiError {
        let status = response.status().as_u16();
        let problem = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/problem+json"));
        match self.text(response).await {
            Ok(text) if problem => match serde_json::from_str(&text) {
                Ok(problem) => ApiError::Problem(Box::new(problem)),
                Err(_) => self.unexpected(status, &text),
            },
            Ok(text) => self.unexpected(status, &text),
            Err(error) => error,
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> ApiError {
        ApiError::Unreachable { url: self.url().to_owned(), why: error::root(error) }
    }

    fn unexpected(&self, status: u16, text: &str) -> ApiError {
        const SHOWN_CHARS: usize = 120;
        let line = text.lines().next().unwrap_or_default().trim();
        let excerpt = line.chars().take(SHOWN_CHARS).collect();
        ApiError::Unexpected { url: self.url().to_owned(), status, excerpt }
    }
}

/// `http://host:port/`, whatever way it was written.
fn base_url(text: &str) -> Result<Url, ApiError> {
    let invalid = |why: String| ApiError::InvalidUrl { given: text.to_owned(), why };
    let mut url = Url::parse(text.trim()).map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(invalid("it has to begin with http:// or https://".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let why = "a user name or password does not belong into it; give an API key instead";
        return Err(ApiError::InvalidUrl { given: "the URL".to_owned(), why: why.to_owned() });
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_stand_below_a_path() {
        for (given, wanted) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
            ("https://example.com/jobs?x#y", "https://example.com/jobs"),
        ] {
            assert_eq!(base_url(given).unwrap().as_str().trim_end_matches('/'), wanted);
        }
    }

    #[test]
    fn what_is_no_server_is_refused_and_no_password_is_repeated() {
        for given in ["", "localhost:8000", "ftp://a/", "http://", "127.0.0.1:8000"] {
            assert!(matches!(base_url(given), Err(ApiError::InvalidUrl { .. })), "{given}");
        }
        let error = base_url("http://me:hunter2@example.com").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn a_key_is_one_word_and_never_shown() {
        let key = ApiKey::new(" ark_secret\n").unwrap();
        assert!(!format!("{key:?}").contains("secret"));
        for wrong in ["", "two words", "é", "a\nb"] {
            assert!(ApiKey::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
