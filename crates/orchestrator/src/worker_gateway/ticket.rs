//! Who speaks: the headers that every request of a worker carries.

use std::str::FromStr;

use agent_runner_api_types::worker::{ATTEMPT_HEADER, JOB_ID_HEADER};
use agent_runner_domain::{
    Lease,
    ports::{LaunchKey, Ticket},
};
use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};

use crate::{app::App, error::ApiError};

/// The worker's right to write, as it claims it. Every call checks the lease.
pub(super) struct Bearer(pub(super) Ticket);

impl FromRequestParts<App> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let authorization = text(headers, header::AUTHORIZATION.as_str())?;
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let lease: Lease = parse(header::AUTHORIZATION.as_str(), token)?;
        let job = parse(JOB_ID_HEADER, text(headers, JOB_ID_HEADER)?)?;
        let attempt = parse(ATTEMPT_HEADER, text(headers, ATTEMPT_HEADER)?)?;
        Ok(Self(Ticket { key: LaunchKey { job, attempt }, lease }))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, ApiError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| ApiError::parameter(name, "the header is missing"))
}

fn parse<T: FromStr<Err: ToString>>(name: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|error: T::Err| ApiError::parameter(name, error.to_string()))
}
