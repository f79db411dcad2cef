//! `POST /jobs/{id}/retry`

use agent_runner_api_types::{JobView, schema};
use axum::extract::State;
use http::StatusCode;

use super::costs::shown;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Gives a job that ended without success another chance, with a clean count of attempts.
#[utoipa::path(
    post, path = "/jobs/{id}/retry", tag = "jobs", operation_id = "retryJob",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses(
        (status = 202, description = "The job waits again.", body = JobView),
        (status = 409, description = "The job has not ended, or has succeeded."),
    ),
)]
pub(crate) async fn retry(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let job = app.jobs.retry(&caller.tenant, id).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app, &job).await?)))
}
