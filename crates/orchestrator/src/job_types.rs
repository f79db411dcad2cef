//! `GET /job-types`: what can be submitted.

use agent_runner_api_types::{JobTypeList, JobTypeView, ProblemCode};
use axum::extract::State;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Json, Name, Query},
};

/// Lists the kinds of job, each with its payload's schema and an example.
#[utoipa::path(
    get, path = "/job-types", tag = "job types", operation_id = "listJobTypes",
    responses((status = 200, description = "All job types.", body = JobTypeList)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Json<JobTypeList>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    let job_types = app.engine.catalog.types().map(JobTypeView::from).collect();
    Ok(Json(JobTypeList { job_types }))
}

/// Shows one kind of job.
#[utoipa::path(
    get, path = "/job-types/{name}", tag = "job types", operation_id = "getJobType",
    params(("name" = String, Path, description = "The job type.", min_length = 1, max_length = 100)),
    responses((status = 200, description = "The job type.", body = JobTypeView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    Name(name): Name,
    query: Query,
) -> Result<Json<JobTypeView>, ApiError> {
    caller.require(Scope::Read)?;
    query.finish()?;
    let found = app.engine.catalog.find(&name).map_err(|error| {
        ApiError::new(ProblemCode::JobTypeNotFound, error.to_string())
            .fix("GET /job-types lists them.")
    })?;
    Ok(Json(JobTypeView::from(found)))
}
