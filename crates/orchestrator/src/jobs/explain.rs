//! `GET /jobs/{id}/explain`

use agent_runner_api_types::{ExplanationView, schema};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Says in plain words what is going on with a job and what can be done about it.
#[utoipa::path(
    get, path = "/jobs/{id}/explain", tag = "jobs", operation_id = "explainJob",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses((status = 200, description = "The explanation.", body = ExplanationView)),
)]
pub(crate) async fn explain(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<Json<ExplanationView>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    let explanation = app.jobs.explain(&caller.tenant, id).await?;
    Ok(Json(ExplanationView {
        job_id: id,
        summary: explanation.summary,
        fix: explanation.fix,
        details: explanation.details,
    }))
}
