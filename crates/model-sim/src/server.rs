//! The server, in a program of its own or inside of a test.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, extract::Path};
use serde_json::json;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::task::JoinHandle;

use crate::world::World;
use crate::{anthropic, control, models, openai};

/// More than any API takes, so that each can refuse in its own words.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Both APIs and the control of what they do.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/v1/messages", post(anthropic::messages))
        .route("/v1/messages/count_tokens", post(anthropic::count_tokens))
        .route("/v1/chat/completions", post(openai::completions))
        .route("/v1/models", get(list_models))
        .route("/v1/models/{id}", get(one_model))
        .route("/control/calls", get(control::calls).delete(control::forget))
        .route("/control/requests", get(control::requests))
        .route("/control/faults", post(control::fault))
        .route("/control/answers", post(control::answer))
        .route("/control/pace", post(control::pace))
        .fallback(nothing_there)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(world)
}

/// Both APIs have this path. Only one of them has a version in the headers.
fn is_for_anthropic(headers: &HeaderMap) -> bool {
    headers.contains_key(anthropic::VERSION_HEADER)
}

async fn list_models(State(world): State<Arc<World>>, headers: HeaderMap) -> Response {
    if is_for_anthropic(&headers) {
        return anthropic::models(&world, &headers);
    }
    openai::key(&headers).map_or_else(IntoResponse::into_response, |()| {
        Json(models::listed_by_openai()).into_response()
    })
}

async fn one_model(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if is_for_anthropic(&headers) {
        return anthropic::model(&world, &headers, &id);
    }
    openai::model(&headers, &id)
}

async fn nothing_there(uri: Uri) -> Response {
    let message = format!("Not found: {}", uri.path());
    let body = json!({"type": "error", "error": {"type": "not_found_error", "message": message}});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

/// A simulator that runs beside its caller, until it is dropped.
#[derive(Debug)]
pub struct Simulator {
    url: String,
    world: Arc<World>,
    task: JoinHandle<io::Result<()>>,
}

impl Simulator {
    /// # Errors
    /// If nothing can listen there.
    pub async fn start(address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Arc::new(World::default());
        let app = router(world.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, world, task })
    }

    /// Where it listens, without `/v1`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
