//! `POST /jobs`

use agent_runner_api_types::{Form, JobView, SubmitJob};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::draft::{IdempotencyKey, Place, draft};
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Body, Json, Query},
};

/// Submits a job.
///
/// It is stored durably before the answer. With an `Idempotency-Key`, a repetition of the same body finds the job
/// that the first one made (200), and another body is refused (409).
#[utoipa::path(
    post, path = "/jobs", tag = "jobs", operation_id = "submitJob",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "Repeated submissions under one key are one job.",
        min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")),
    request_body = SubmitJob,
    responses(
        (status = 201, description = "The job is stored.", body = JobView,
            headers(("location" = String, description = "The job's address."))),
        (status = 200, description = "The idempotency key had made this job before.", body = JobView,
            headers(("location" = String, description = "The job's address."))),
        (status = 409, description = "The idempotency key was used with another body."),
    ),
)]
pub(crate) async fn submit(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    key: IdempotencyKey,
    Body(body): Body,
) -> Result<Response, ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let place = Place { form: Form::Single, line: 1 };
    let draft = draft(&app, &body, place, app.now(), key.for_body(&body));
    let draft = draft.map_err(|refused| refused.error)?;
    let mut answers = app.jobs.submit(&caller.tenant, vec![draft]).await;
    let submitted = answers.pop().expect("one draft has one answer")?;
    let status = if submitted.existing { StatusCode::OK } else { StatusCode::CREATED };
    let view = JobView::from(&submitted.job);
    let location = HeaderValue::from_str(&view.links.job).expect("an id is plain ASCII");
    Ok((status, [(header::LOCATION, location)], Json(view)).into_response())
}
