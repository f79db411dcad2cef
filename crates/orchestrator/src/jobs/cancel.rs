//! `POST /jobs/{id}/cancel`

use agent_runner_api_types::{JobView, schema};
use axum::extract::State;
use http::StatusCode;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Asks for a job to stop. Accepted is not stopped: watch the job for the end of its worker.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", tag = "jobs", operation_id = "cancelJob",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses(
        (status = 202, description = "The job is cancelled.", body = JobView),
        (status = 409, description = "The job has ended otherwise."),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let job = app.jobs.cancel(&caller.tenant, id).await?;
    Ok((StatusCode::ACCEPTED, Json(JobView::from(&job))))
}
