//! Who may do what: API keys, or else a machine's own users only.

mod keys;
mod local;

use std::fmt;

use agent_runner_api_types::ProblemCode;
use agent_runner_domain::TenantId;
use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use serde::{Deserialize, Serialize};

pub(crate) use self::keys::Keys;
pub use self::keys::{KeyEntry, NewKey};
use crate::{app::App, error::ApiError};

/// How requests are let in.
#[derive(Debug)]
pub(crate) enum Access {
    /// No keys: only this machine, and only requests that were meant for it and come from no other site.
    Loopback,
    Keys(Keys),
}

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Look at jobs.
    Read,
    /// Submit and change jobs.
    Write,
    /// See the operator's numbers.
    Admin,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        })
    }
}

/// Whoever makes the request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) tenant: TenantId,
    /// `None`: everything is allowed.
    scopes: Option<Vec<Scope>>,
}

impl Caller {
    pub(crate) fn require(&self, scope: Scope) -> Result<(), ApiError> {
        if self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope)) {
            return Ok(());
        }
        let detail = format!("the API key lacks the scope {scope}");
        Err(ApiError::new(ProblemCode::MissingScope, detail)
            .fix(format!("Use a key with the scope {scope}, or ask the operator to add it.")))
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match &app.access {
            Access::Loopback => Ok(Self { tenant: TenantId::default_tenant(), scopes: None }),
            Access::Keys(keys) => {
                let entry = keys.find(presented(&parts.headers)?).ok_or_else(unknown)?;
                Ok(Self { tenant: entry.tenant.clone(), scopes: Some(entry.scopes.clone()) })
            }
        }
    }
}

impl Access {
    /// Whether the request was meant for this server, whoever makes it.
    pub(crate) fn check_address(&self, parts: &Parts) -> Result<(), ApiError> {
        match self {
            Self::Loopback => local::check(parts),
            Self::Keys(_) => Ok(()),
        }
    }
}

fn presented(headers: &HeaderMap) -> Result<&str, ApiError> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|value| {
        let (scheme, key) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
    });
    // A gateway in front may have asked for `Authorization` itself; who sends both means this one for us.
    let key = text(http::HeaderName::from_static("x-api-key")).or(bearer);
    key.ok_or_else(|| {
        ApiError::new(ProblemCode::ApiKeyRequired, "the request carries no API key")
            .fix("Send the header Authorization: Bearer KEY (or x-api-key: KEY).")
            .with_header(header::WWW_AUTHENTICATE, "Bearer")
    })
}

fn unknown() -> ApiError {
    ApiError::new(ProblemCode::ApiKeyInvalid, "the API key is not known here")
        .fix("Check the key; `agent-runner keys new` makes one for the operator to add.")
        .with_header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use serde_json::json;

    use super::Scope::{Admin, Read, Write};
    use crate::test_site::TestSite;

    #[tokio::test]
    async fn keys_are_asked_for_and_checked() {
        let (mut site, keys) = TestSite::with_keys(&[("ada", &[Read, Write])]);
        let missing = site.get("/jobs").await;
        assert_eq!((missing.problem().0, missing.header("www-authenticate")), (401, "Bearer"));
        site.key = Some("ark_wrong".to_owned());
        let wrong = site.get("/jobs").await;
        assert_eq!(wrong.problem(), (401, "api_key_invalid".into(), vec![]));
        assert!(wrong.header("www-authenticate").contains("invalid_token"));
        site.key = None;
        let bearer = Request::get("/jobs").header("authorization", format!("bearer {}", keys[0]));
        assert_eq!(
            site.send(bearer.header("host", "runner.example"), Body::empty()).await.status,
            200
        );
        assert_eq!(
            (site.get("/healthz").await.status.as_u16(), site.get("/readyz").await.status.as_u16()),
            (200, 200)
        );
    }

    #[tokio::test]
    async fn what_a_gateway_in_front_is_shown_is_not_taken_for_the_key() {
        let (site, keys) = TestSite::with_keys(&[("ada", &[Read])]);
        for shown in ["Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "AWS4-HMAC-SHA256 Credential=AKID"] {
            let request = Request::get("/jobs").header("authorization", shown);
            let request = request.header("host", "runner.example").header("x-api-key", &keys[0]);
            assert_eq!(site.send(request, Body::empty()).await.status, 200, "{shown}");
        }
    }

    #[tokio::test]
    async fn a_key_opens_what_its_scopes_say() {
        let (mut site, keys) =
            TestSite::with_keys(&[("a", &[Read]), ("a", &[Write]), ("a", &[Admin])]);
        let verdicts = [
            ("/jobs", [200, 403, 403]),
            ("/metrics", [403, 403, 200]),
            ("/job-types", [200, 403, 403]),
        ];
        for (at, key) in keys.iter().enumerate() {
            site.key = Some(key.clone());
            for (path, expected) in verdicts {
                assert_eq!(site.get(path).await.status, expected[at], "{path} {at}");
            }
            let submitted = site.submit(&json!({})).await.status;
            assert_eq!(submitted, [403, 201, 403][at]);
        }
        assert_eq!(site.submit(&json!({})).await.problem().1, "missing_scope");
    }

    #[tokio::test]
    async fn another_tenants_job_does_not_exist() {
        let (mut site, keys) =
            TestSite::with_keys(&[("ada", &[Read, Write]), ("bob", &[Read, Write])]);
        site.key = Some(keys[0].clone());
        let id = site.submit(&json!({})).await.job_id();
        site.key = Some(keys[1].clone());
        assert_eq!(site.stored().await, 0);
        assert_eq!(site.get(&format!("/jobs/{id}")).await.problem().1, "job_not_found");
        assert_eq!(site.post(&format!("/jobs/{id}/cancel"), "").await.problem().1, "job_not_found");
        assert_eq!(site.submit(&json!({"depends_on": [id]})).await.problem().2, ["/depends_on/0"]);
    }
}
