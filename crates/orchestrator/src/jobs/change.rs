//! `PATCH /jobs/{id}`

use agent_runner_api_types::{ChangePriority, JobView, ProblemCode, schema};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Body, JobPath, Json, Query},
};

/// Moves a job in line while it waits.
#[utoipa::path(
    patch, path = "/jobs/{id}", tag = "jobs", operation_id = "changeJob",
    params(("id" = schema::JobId, Path, description = "The job.")),
    request_body = ChangePriority,
    responses(
        (status = 200, description = "The job with its new priority.", body = JobView),
        (status = 409, description = "The job no longer waits."),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
    Body(body): Body,
) -> Result<Json<JobView>, ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let change = ChangePriority::parse(&body)
        .map_err(|unreadable| ApiError::unreadable(ProblemCode::InvalidRequest, unreadable))?;
    let job = app.jobs.set_priority(&caller.tenant, id, change.priority).await?;
    Ok(Json(JobView::from(&job)))
}
