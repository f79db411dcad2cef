//! Parts of the path.

use std::str::FromStr;

use agent_runner_api_types::ProblemCode;
use agent_runner_domain::{JobId, ports::ArtifactName};
use axum::extract::{FromRequestParts, Path, rejection::PathRejection};
use http::request::Parts;

use crate::error::ApiError;

/// `{id}`: a job's id.
pub(crate) struct JobPath(pub(crate) JobId);

/// `{id}` and `{name}`: a file of a job.
pub(crate) struct ArtifactPath(pub(crate) JobId, pub(crate) ArtifactName);

/// The only parameter of a path, as it is.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) = Path::<String>::from_request_parts(parts, state).await.map_err(wrong)?;
        Ok(Self(parse("{id}", &id)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ArtifactPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((id, name)) = path.map_err(wrong)?;
        Ok(Self(parse("{id}", &id)?, parse("{name}", &name)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(name) = Path::<String>::from_request_parts(parts, state).await.map_err(wrong)?;
        Ok(Self(name))
    }
}

fn parse<T: FromStr<Err: ToString>>(place: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|error: T::Err| ApiError::parameter(place, error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err gives")]
fn wrong(rejection: PathRejection) -> ApiError {
    ApiError::new(ProblemCode::BadRequest, rejection.body_text())
        .fix("Percent-encode the path as UTF-8.")
}
