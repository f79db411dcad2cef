//! `GET /jobs/{id}/artifacts/{name}`

use agent_runner_api_types::schema;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderName, header};

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{ArtifactPath, Query},
};

/// Hands out a file; of the newest attempt that has it, unless one is named.
///
/// The name is a relative path; its slashes may be written as they are.
#[utoipa::path(
    get, path = "/jobs/{id}/artifacts/{name}", tag = "jobs", operation_id = "getArtifact",
    params(
        ("id" = schema::JobId, Path, description = "The job."),
        ("name" = String, Path, description = "The file's name, as in the list of artifacts.",
            pattern = "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$", max_length = 255),
        ("attempt" = Option<u32>, Query, minimum = 1, maximum = 4_294_967_295_u32, description = "The attempt that left it."),
    ),
    responses((status = 200, description = "The file's bytes.", body = Vec<u8>, content_type = "application/octet-stream")),
)]
pub(crate) async fn artifact(
    State(app): State<App>,
    caller: Caller,
    ArtifactPath(id, name): ArtifactPath,
    mut query: Query,
) -> Result<Response, ApiError> {
    caller.require(Scope::Read)?;
    let attempt = query.number("attempt", 1, u64::from(u32::MAX));
    query.finish()?;
    let attempt = attempt.map(|number| u32::try_from(number).expect("in bounds"));
    let content = app.jobs.artifact(&caller.tenant, id, attempt, &name).await?;
    // Jobs write what they like: no browser may take it for a page of this server.
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
    ];
    Ok((headers, content).into_response())
}
