//! `POST /worker/v1/heartbeat`

use agent_runner_api_types::worker::{HeartbeatAnswer, HeartbeatRequest, WorkerInstruction};
use agent_runner_domain::ports::{Instruction, WorkerLink};
use axum::extract::{Request, State};

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker lives, and hears whether to go on.
pub(super) async fn heartbeat(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<HeartbeatAnswer>, ApiError> {
    let HeartbeatRequest {} = read(request).await?;
    let instruction = match app.engine.gateway().link(ticket).heartbeat().await? {
        Instruction::Continue => WorkerInstruction::Continue,
        Instruction::Stop => WorkerInstruction::Stop,
    };
    Ok(Json(HeartbeatAnswer { instruction }))
}
