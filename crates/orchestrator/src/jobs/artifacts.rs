//! `GET /jobs/{id}/artifacts`

use agent_runner_api_types::{ArtifactList, ArtifactView, schema};
use agent_runner_domain::{JobId, ports::ArtifactInfo};
use axum::extract::State;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// All but what a path may hold as it is.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// Lists the files that the job's attempts left.
#[utoipa::path(
    get, path = "/jobs/{id}/artifacts", tag = "jobs", operation_id = "listArtifacts",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses((status = 200, description = "Its files.", body = ArtifactList)),
)]
pub(crate) async fn artifacts(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<Json<ArtifactList>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    let found = app.jobs.artifacts(&caller.tenant, id).await?;
    Ok(Json(ArtifactList { artifacts: found.iter().map(|info| view(id, info)).collect() }))
}

fn view(id: JobId, info: &ArtifactInfo) -> ArtifactView {
    let name = utf8_percent_encode(info.name.as_str(), NAME);
    ArtifactView {
        name: info.name.to_string(),
        attempt: info.attempt,
        bytes: info.bytes,
        link: format!("/jobs/{id}/artifacts/{name}?attempt={}", info.attempt),
    }
}
