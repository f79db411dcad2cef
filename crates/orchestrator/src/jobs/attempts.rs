//! `GET /jobs/{id}/attempts`

use agent_runner_api_types::{AttemptList, AttemptView, schema};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Lists the tries at a job, oldest first.
#[utoipa::path(
    get, path = "/jobs/{id}/attempts", tag = "jobs", operation_id = "listAttempts",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses((status = 200, description = "Its attempts.", body = AttemptList)),
)]
pub(crate) async fn attempts(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<Json<AttemptList>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    let job = app.jobs.get(&caller.tenant, id).await?;
    Ok(Json(AttemptList { attempts: AttemptView::of(&job) }))
}
