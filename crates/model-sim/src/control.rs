//! How a test from outside tells the simulator what to do, and asks what it has seen.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::fault::Fault;
use crate::world::{Report, Request, Scripted, World};

type SharedWorld = State<Arc<World>>;

/// `{asked, paid, calls: {FINGERPRINT: {model, prompt, asked, paid}}}`
pub(crate) async fn calls(State(world): SharedWorld) -> Json<Report> {
    Json(world.report())
}

/// `[{api, body}]`, the last of them.
pub(crate) async fn requests(State(world): SharedWorld) -> Json<Vec<Request>> {
    Json(world.requests())
}

pub(crate) async fn forget(State(world): SharedWorld) -> StatusCode {
    world.forget_calls();
    StatusCode::NO_CONTENT
}

/// The next calls fail so, whoever makes them.
pub(crate) async fn fault(State(world): SharedWorld, Json(fault): Json<Fault>) -> StatusCode {
    world.add_fault(fault);
    StatusCode::NO_CONTENT
}

pub(crate) async fn answer(State(world): SharedWorld, Json(answer): Json<Scripted>) -> StatusCode {
    world.add_answer(answer);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
pub(crate) struct Pace {
    ms: u64,
}

pub(crate) async fn pace(State(world): SharedWorld, Json(pace): Json<Pace>) -> StatusCode {
    world.set_pace(Duration::from_millis(pace.ms));
    StatusCode::NO_CONTENT
}
