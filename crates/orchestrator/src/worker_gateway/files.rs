//! `GET /worker/v1/files/{job}/{name}`

use agent_runner_domain::ports::WorkerLink;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::ticket::Bearer;
use crate::{app::App, error::ApiError, extract::ArtifactPath};

/// The worker wants a file of its own or of another job; 204 where there is none.
pub(super) async fn file(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    ArtifactPath(job, name): ArtifactPath,
) -> Result<Response, ApiError> {
    let found = app.engine.gateway().link(ticket).get_artifact(job, &name).await?;
    Ok(found.map_or_else(|| StatusCode::NO_CONTENT.into_response(), IntoResponse::into_response))
}
