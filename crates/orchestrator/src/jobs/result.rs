//! `GET /jobs/{id}/result`

use agent_runner_api_types::schema;
use agent_runner_domain::RawJson;
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Shows what the handler returned, and nothing else.
///
/// Before the end it is a 404 with the code `job_not_finished`; of a job without success, `job_has_no_result`.
#[utoipa::path(
    get, path = "/jobs/{id}/result", tag = "jobs", operation_id = "getResult",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses((status = 200, description = "The result alone.", body = schema::AnyJson)),
)]
pub(crate) async fn result(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<Json<RawJson>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    Ok(Json(app.jobs.result(&caller.tenant, id).await?))
}
