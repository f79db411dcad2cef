//! What a supervisor and Prometheus ask.

use std::time::Duration;

use agent_runner_api_types::Health;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use tokio::time::timeout;

use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Json, Query},
};

/// How long the store may take. Whoever asks has other servers to send people to.
const PATIENCE: Duration = Duration::from_secs(5);
/// What Prometheus expects of a text in the `OpenMetrics` format.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn ok(app: &App) -> Json<Health> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Json(Health { status: "ok".to_owned(), version, demo: app.demo })
}

/// Says that the process lives. Needs no key.
#[utoipa::path(
    get, path = "/healthz", tag = "operation", operation_id = "healthz", security(()),
    responses((status = 200, description = "It lives.", body = Health)),
)]
pub(crate) async fn healthz(
    State(app): State<App>,
    query: Query,
) -> Result<Json<Health>, ApiError> {
    query.finish()?;
    Ok(ok(&app))
}

/// Says that jobs can be taken: the store can be read and written. Needs no key.
#[utoipa::path(
    get, path = "/readyz", tag = "operation", operation_id = "readyz", security(()),
    responses((status = 200, description = "It is ready.", body = Health)),
)]
pub(crate) async fn readyz(State(app): State<App>, query: Query) -> Result<Json<Health>, ApiError> {
    query.finish()?;
    if app.stopping.is_cancelled() {
        return Err(ApiError::unavailable("the server stops").saying("the server stops"));
    }
    match timeout(PATIENCE, app.engine.ports.store.check()).await {
        Ok(Ok(())) => Ok(ok(&app)),
        Ok(Err(error)) => Err(ApiError::unavailable(&error.to_string())
            .saying("the job store does not work; the server's log says why")),
        Err(_) => {
            let silence = format!("the job store has not answered for {} s", PATIENCE.as_secs());
            Err(ApiError::unavailable(&silence).saying(&silence))
        }
    }
}

/// Shows the operator's numbers, for Prometheus. With API keys it needs the scope `admin`.
#[utoipa::path(
    get, path = "/metrics", tag = "operation", operation_id = "metrics",
    responses((status = 200, description = "The numbers.", body = String, content_type = "application/openmetrics-text")),
)]
pub(crate) async fn metrics(
    State(app): State<App>,
    caller: Caller,
    query: Query,
) -> Result<Response, ApiError> {
    caller.require(Scope::Admin)?;
    query.finish()?;
    let counts = app.engine.ports.store.counts().await;
    let text = app.metrics.text(&counts);
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
}
