//! `POST /worker/v1/record-step` and `/steps`

use agent_runner_api_types::worker::{RecordStepRequest, STEP_BODY_BYTES_MAX, StepsRequest};
use agent_runner_domain::{RawJson, ports::WorkerLink};
use axum::extract::{Request, State};
use http::StatusCode;

use super::{read, read_within, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker has done a step that no later attempt needs to do again.
pub(super) async fn record(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let said: RecordStepRequest = read_within(request, STEP_BODY_BYTES_MAX).await?;
    app.engine.gateway().link(ticket).record_step(&said.key, said.value).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The worker wants to know what earlier attempts have done.
pub(super) async fn steps(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<Vec<(String, RawJson)>>, ApiError> {
    let StepsRequest {} = read(request).await?;
    Ok(Json(app.engine.gateway().link(ticket).steps().await?))
}
