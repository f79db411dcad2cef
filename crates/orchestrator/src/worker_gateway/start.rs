//! `POST /worker/v1/start`

use agent_runner_api_types::worker::StartRequest;
use agent_runner_domain::ports::{Assignment, WorkerLink};
use axum::extract::{Request, State};

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker runs, and wants its assignment.
pub(super) async fn start(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<Assignment>, ApiError> {
    let said: StartRequest = read(request).await?;
    Ok(Json(app.engine.gateway().link(ticket).start(said.launch).await?))
}
