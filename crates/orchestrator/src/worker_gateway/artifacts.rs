//! `PUT /worker/v1/artifacts/{name}`

use agent_runner_api_types::worker::ARTIFACT_BYTES_MAX;
use agent_runner_domain::ports::{ArtifactInfo, ArtifactName, WorkerLink};
use axum::extract::{Request, State};

use super::ticket::Bearer;
use crate::{
    app::App,
    error::ApiError,
    extract::{self, Json, Name},
};

/// The worker leaves a file; the body is its content.
pub(super) async fn put(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    Name(name): Name,
    request: Request,
) -> Result<Json<ArtifactInfo>, ApiError> {
    let name: ArtifactName =
        name.parse().map_err(|error| ApiError::parameter("{name}", format!("{error}")))?;
    let content = extract::read_body(request, ARTIFACT_BYTES_MAX).await?;
    let stored = app.engine.gateway().link(ticket).put_artifact(&name, content.into()).await?;
    Ok(Json(stored))
}
