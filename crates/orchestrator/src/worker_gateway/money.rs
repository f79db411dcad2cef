//! `POST /worker/v1/reserve` and `/settle`

use agent_runner_api_types::worker::{ReserveRequest, SettleRequest};
use agent_runner_domain::ports::{CallKey, Charge, Reserved, SpendAsk, WorkerLink};
use axum::extract::{Request, State};
use http::StatusCode;

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker is about to make a model call.
pub(super) async fn reserve(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<Reserved>, ApiError> {
    let said: ReserveRequest<SpendAsk> = read(request).await?;
    Ok(Json(app.engine.gateway().link(ticket).reserve(said.call, said.ask).await?))
}

/// The call has ended.
pub(super) async fn settle(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let said: SettleRequest<CallKey, Charge> = read(request).await?;
    app.engine.gateway().link(ticket).settle(said.call, said.charge).await?;
    Ok(StatusCode::NO_CONTENT)
}
