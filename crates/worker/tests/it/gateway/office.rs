//! What a handler may want while it runs: money, memory, settings, files.

use std::sync::Arc;

use agent_runner_api_types::worker as wire;
use agent_runner_domain::{
    RawJson, TenantId, Timestamp,
    ports::{
        Account, AccountId, CallKey, CallLabels, Charge, Ledger, Reservation, Reserved, SpendAsk,
    },
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use super::Shared;

fn now() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route(wire::RESERVE, post(reserve))
        .route(wire::SETTLE, post(settle))
        .route(wire::RECORD_STEP, post(record_step))
        .route(wire::STEPS, post(steps))
        .route(wire::SETTING, post(setting))
        .route(&format!("{}/{{id}}/{{*name}}", wire::FILES), get(file))
}

async fn reserve(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::ReserveRequest<SpendAsk>>,
) -> Json<Reserved> {
    let limit = shared.script.lock().unwrap().budget;
    let SpendAsk { provider, model, most } = request.ask;
    let reservation = Reservation {
        key: CallKey { job: shared.job, attempt: shared.attempt(), call: request.call },
        at: now(),
        accounts: vec![Account { id: AccountId::Job(shared.job), limit }],
        most,
        labels: CallLabels {
            tenant: TenantId::default_tenant(),
            job_type: "any".to_owned(),
            tags: std::collections::BTreeMap::new(),
            provider,
            model,
        },
    };
    Json(shared.ledger.reserve(reservation).await.unwrap())
}

async fn settle(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::SettleRequest<CallKey, Charge>>,
) -> StatusCode {
    shared.ledger.settle(request.call, now(), request.charge).await.unwrap();
    StatusCode::NO_CONTENT
}

async fn record_step(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::RecordStepRequest>,
) -> StatusCode {
    let steps = &mut shared.heard.lock().unwrap().steps;
    if steps.iter().all(|(key, _)| *key != request.key) {
        steps.push((request.key, request.value));
    }
    StatusCode::NO_CONTENT
}

async fn steps(State(shared): State<Arc<Shared>>) -> Json<Vec<(String, RawJson)>> {
    Json(shared.heard.lock().unwrap().steps.clone())
}

async fn setting(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::SettingRequest>,
) -> Json<wire::SettingAnswer> {
    let value = shared.script.lock().unwrap().settings.get(&request.name).cloned();
    Json(wire::SettingAnswer { value })
}

async fn file(
    State(shared): State<Arc<Shared>>,
    Path((id, name)): Path<(String, String)>,
) -> Response {
    let found = shared.heard.lock().unwrap().artifacts.get(&name).cloned();
    match found.filter(|_| id == shared.job.to_string()) {
        Some(content) => content.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}
