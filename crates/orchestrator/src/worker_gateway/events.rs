//! `POST /worker/v1/events`

use agent_runner_api_types::worker::EventsRequest;
use agent_runner_domain::ports::WorkerLink;
use axum::extract::{Request, State};
use http::StatusCode;

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError};

/// The worker tells what happens.
pub(super) async fn events(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let said: EventsRequest = read(request).await?;
    app.engine.gateway().link(ticket).append(said.first, said.events).await?;
    Ok(StatusCode::NO_CONTENT)
}
