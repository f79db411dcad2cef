//! `POST /worker/v1/submit` and `/look`

use agent_runner_api_types::worker::{LookRequest, SUBMIT_BODY_BYTES_MAX, SubmitRequest};
use agent_runner_domain::ports::{ChildOrder, ChildView, Ordered, WorkerLink};
use axum::extract::{Request, State};

use super::{read, read_within, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker starts jobs.
pub(super) async fn submit(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<Vec<Ordered>>, ApiError> {
    let said: SubmitRequest<ChildOrder> = read_within(request, SUBMIT_BODY_BYTES_MAX).await?;
    Ok(Json(app.engine.gateway().link(ticket).submit(said.orders).await?))
}

/// The worker looks at jobs of its family.
pub(super) async fn look(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<Vec<Option<ChildView>>>, ApiError> {
    let said: LookRequest = read(request).await?;
    Ok(Json(app.engine.gateway().link(ticket).look(said.jobs).await?))
}
