//! `GET /jobs/{id}`

use agent_runner_api_types::JobView;
use agent_runner_domain::job::Status;
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
        ("wait" = Option<u64>, Query, minimum = 0, maximum = 60,
            description = "Answer when the job is final, or after that many seconds."),
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
    let job = if wait.is_zero() {
        app.jobs.get(&caller.tenant, id).await?
    } else {
        tokio::select! {
            job = app.jobs.wait(&caller.tenant, id, wait) => job?,
            () = app.stopping.cancelled() => app.jobs.get(&caller.tenant, id).await?,
        }
    };
    let view = JobView::from(&job);
    if job.status() != Status::Succeeded {
        return Ok(Json(view));
    }
    let result = app.jobs.result(&caller.tenant, id).await?;
    let small = result.get().len() <= RESULT_INLINE_BYTES_MAX;
    Ok(Json(if small { view.with_result(result) } else { view }))
}
