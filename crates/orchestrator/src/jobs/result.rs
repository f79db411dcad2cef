//! `GET /jobs/{id}/result`

use agent_runner_api_types::schema;
use agent_runner_domain::RawJson;
use axum::extract::State;

use super::get;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Shows what the handler returned, and nothing else.
///
/// Before the end (and the end of `wait`) it is a 404 with the code `job_not_finished`; of a job without success, `job_has_no_result`.
#[utoipa::path(
    get, path = "/jobs/{id}/result", tag = "jobs", operation_id = "getResult",
    params(
        ("id" = schema::JobId, Path, description = "The job."),
        ("wait" = Option<u64>, Query, minimum = 0, maximum = 86_400,
            description = "Wait so many seconds (25 at most) for the end."),
    ),
    responses((status = 200, description = "The result alone.", body = schema::AnyJson)),
)]
pub(crate) async fn result(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    mut query: Query,
) -> Result<Json<RawJson>, ApiError> {
    caller.require(Scope::Read)?;
    let wait = query.wait();
    query.finish()?;
    get::read(&app, &caller, id, wait).await?;
    Ok(Json(app.jobs.result(&caller.tenant, id).await?))
}
