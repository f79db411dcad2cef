//! What workers without access of their own to the stores say. The lease is the credential of every request, so
//! there are no API keys here, and no description: only our own workers speak this.

mod artifacts;
mod events;
mod finish;
mod heartbeat;
mod start;
mod ticket;

use agent_runner_api_types::{ProblemCode, worker};
use agent_runner_domain::ports::LinkError;
use axum::{Router, extract::Request, routing};
use serde::de::DeserializeOwned;

use crate::{app::App, error::ApiError, extract};

pub(crate) const PREFIX: &str = "/worker/v1";

pub(crate) fn router() -> Router<App> {
    let path =
        |full: &'static str| full.strip_prefix(PREFIX).expect("all paths lie below the prefix");
    Router::new()
        .route(path(worker::START), routing::post(start::start))
        .route(path(worker::HEARTBEAT), routing::post(heartbeat::heartbeat))
        .route(path(worker::EVENTS), routing::post(events::events))
        .route(path(worker::FINISH), routing::post(finish::finish))
        .route(&format!("{}/{{*name}}", path(worker::ARTIFACTS)), routing::put(artifacts::put))
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    let body = extract::read_body(request, worker::BODY_BYTES_MAX).await?;
    serde_json::from_slice(&body)
        .map_err(|error| ApiError::new(ProblemCode::InvalidJson, error.to_string()))
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::LeaseLost => Self::new(ProblemCode::LeaseLost, error.to_string())
                .fix("Stop: another attempt holds the job, or it has ended."),
            LinkError::Unavailable(cause) => Self::unavailable(&cause),
            LinkError::Refused(why) => Self::new(ProblemCode::InvalidRequest, why),
        }
    }
}
