//! `POST /worker/v1/finish`

use agent_runner_api_types::worker::FinishRequest;
use agent_runner_domain::ports::WorkerLink;
use axum::extract::{Request, State};
use http::StatusCode;

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError};

/// The worker's last word.
pub(super) async fn finish(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let FinishRequest { verdict, result, first, events } = read(request).await?;
    app.engine.gateway().link(ticket).finish(verdict, result, first, events).await?;
    Ok(StatusCode::NO_CONTENT)
}
