//! `GET /jobs/{id}`

use std::time::Duration;

use agent_runner_api_types::JobView;
use agent_runner_domain::{
    JobId,
    job::{Job, Status},
};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Results up to this size are shown with their job.
const RESULT_INLINE_BYTES_MAX: usize = 16 * 1024;

/// Shows a job, at once or when it has ended.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "getJob",
    params(
        ("id" = agent_runner_api_types::schema::JobId, Path, description = "The job."),
        ("wait" = Option<u64>, Query, minimum = 0, maximum = 86_400,
            description = "Answer when the job is final, or after that many seconds (25 at most)."),
    ),
    responses((status = 200, description = "The job.", body = JobView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    mut query: Query,
) -> Result<Json<JobView>, ApiError> {
    caller.require(Scope::Read)?;
    let wait = query.wait();
    query.finish()?;
    let job = read(&app, &caller, id, wait).await?;
    let view = JobView::from(&job);
    if job.status() != Status::Succeeded {
        return Ok(Json(view));
    }
    let result = app.jobs.result(&caller.tenant, id).await?;
    let small = result.get().len() <= RESULT_INLINE_BYTES_MAX;
    Ok(Json(if small { view.with_result(result) } else { view }))
}

/// The job, at once or when it is final, or when `wait` is over, or when the server stops.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    id: JobId,
    wait: Duration,
) -> Result<Job, ApiError> {
    if !wait.is_zero() {
        tokio::select! {
            job = app.jobs.wait(&caller.tenant, id, wait) => return Ok(job?),
            () = app.stopping.cancelled() => {}
        }
    }
    Ok(app.jobs.get(&caller.tenant, id).await?)
}
