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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn what_a_call_may_cost_is_held_and_then_what_it_did_cost_is_spent() {
        let site = TestSite::new();
        let id = site.submit(&json!({"budget_usd": 0.5})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        assert_eq!(worker.reserve(1, 400_000_000).await.json(), json!("granted"));
        let job = site.get(&format!("/jobs/{id}")).await.json();
        assert_eq!(
            (&job["cost"]["held_usd"], &job["cost"]["model_usd"]),
            (&json!(0.4), &json!(0.0))
        );

        let short = worker.reserve(2, 200_000_000).await.json();
        assert_eq!(short["exceeded"]["account"], json!({"job": id}));
        assert_eq!(short["exceeded"]["limit"], 500_000_000);
        for _ in 0..2 {
            assert_eq!(worker.settle(1, Some(300_000_000)).await.status, 204);
        }
        worker.call(2, 200_000_000, Some(125_000_000)).await;
        let job = site.get(&format!("/jobs/{id}")).await.json();
        let tokens = json!({"input": 20, "output": 40, "cache_read": 0, "cache_write": 0});
        let cost = json!({
            "model_usd": 0.425, "compute_usd": 0.0, "total_usd": 0.425, "held_usd": 0.0, "calls": 2,
            "unpriced_calls": 0, "tokens": tokens,
        });
        assert_eq!((&job["cost"], &job["budget_usd"]), (&cost, &json!(0.5)));
    }

    #[tokio::test]
    async fn a_call_without_a_price_needs_a_job_without_a_budget() {
        let site = TestSite::new();
        let ask = json!({"call": 1, "ask": {"provider": "ollama", "model": "x"}});
        let limited = site.submit(&json!({"budget_usd": 1})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let refused = worker.say("reserve", &ask).await.json();
        assert_eq!(refused, json!({"no_price": {"account": {"job": limited}}}));

        let free = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        assert_eq!(worker.say("reserve", &ask).await.json(), json!("granted"));
        assert_eq!(worker.settle(1, None).await.status, 204);
        let cost = &site.get(&format!("/jobs/{free}")).await.json()["cost"];
        assert_eq!((&cost["unpriced_calls"], &cost["total_usd"]), (&json!(1), &json!(0.0)));
    }

    #[tokio::test]
    async fn who_lost_the_job_reserves_nothing_but_says_what_was_spent() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        assert_eq!(worker.reserve(1, 5).await.json(), json!("granted"));
        site.post(&format!("/jobs/{id}/cancel"), "").await;
        assert_eq!(worker.reserve(2, 5).await.problem().1, "lease_lost");
        assert_eq!(worker.settle(1, Some(4)).await.status, 204);
        let cost = &site.get(&format!("/jobs/{id}")).await.json()["cost"];
        assert_eq!((&cost["calls"], &cost["held_usd"]), (&json!(1), &json!(0.0)));
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused() {
        let site = TestSite::new();
        site.submit(&json!({})).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        assert_eq!(worker.reserve(0, 5).await.problem().1, "invalid_request");
        let long = json!({"call": 1, "ask": {"provider": "x".repeat(201), "model": "y"}});
        assert_eq!(worker.say("reserve", &long).await.problem().1, "invalid_request");
        assert_eq!(worker.say("reserve", &json!({"call": 1})).await.problem().1, "invalid_json");
        assert_eq!(worker.say("settle", &json!({})).await.problem().1, "invalid_json");
    }
}
