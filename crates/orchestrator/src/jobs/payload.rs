//! `GET /jobs/{id}/payload`

use agent_runner_api_types::schema;
use agent_runner_domain::RawJson;
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Shows what the job was given, byte for byte.
#[utoipa::path(
    get, path = "/jobs/{id}/payload", tag = "jobs", operation_id = "getPayload",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses((status = 200, description = "The payload alone.", body = schema::AnyJson)),
)]
pub(crate) async fn payload(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<Json<RawJson>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    Ok(Json(app.jobs.payload(&caller.tenant, id).await?))
}
