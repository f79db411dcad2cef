//! `POST /worker/v1/setting`

use agent_runner_api_types::worker::{SettingAnswer, SettingRequest};
use agent_runner_domain::ports::WorkerLink;
use axum::extract::{Request, State};

use super::{read, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker wants a key or a setting that handlers may know.
pub(super) async fn setting(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<SettingAnswer>, ApiError> {
    let said: SettingRequest = read(request).await?;
    let found = app.engine.gateway().link(ticket).setting(&said.name).await?;
    Ok(Json(SettingAnswer { value: found.map(|secret| secret.reveal().to_owned()) }))
}
