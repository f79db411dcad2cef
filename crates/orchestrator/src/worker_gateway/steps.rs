//! `POST /worker/v1/record-step` and `/steps`

use agent_runner_api_types::worker::{RecordStepRequest, STEP_BODY_BYTES_MAX, StepsRequest};
use agent_runner_domain::{RawJson, ports::WorkerLink};
use axum::extract::{Request, State};
use http::StatusCode;

use super::{read, read_within, ticket::Bearer};
use crate::{app::App, error::ApiError, extract::Json};

/// The worker has done a step that no later attempt needs to do again.
pub(super) async fn record(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let said: RecordStepRequest = read_within(request, STEP_BODY_BYTES_MAX).await?;
    app.engine.gateway().link(ticket).record_step(&said.key, said.value).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The worker wants to know what earlier attempts have done.
pub(super) async fn steps(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    request: Request,
) -> Result<Json<Vec<(String, RawJson)>>, ApiError> {
    let StepsRequest {} = read(request).await?;
    Ok(Json(app.engine.gateway().link(ticket).steps().await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn the_first_value_of_a_step_stays_for_every_attempt() {
        let site = TestSite::new();
        site.submit(&json!({})).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        for (key, value) in [("b", json!([1])), ("a", json!(null)), ("b", json!([2]))] {
            let step = json!({"key": key, "value": value});
            assert_eq!(worker.say("record-step", &step).await.status, 204);
        }
        let all = json!([["b", [1]], ["a", null]]);
        assert_eq!(worker.say("steps", &json!({})).await.json(), all);
    }

    #[tokio::test]
    async fn a_step_has_a_name_and_bounds() {
        let site = TestSite::new();
        site.submit(&json!({})).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let step = |key: &str, bytes: usize| json!({"key": key, "value": "x".repeat(bytes)});
        let largest = (8 << 20) - 2;
        assert_eq!(worker.say("record-step", &step("k", largest)).await.status, 204);
        for wrong in [step("", 1), step(&"k".repeat(201), 1), step("l", largest + 1)] {
            assert_eq!(worker.say("record-step", &wrong).await.problem().1, "invalid_request");
        }
        let huge = worker.say("record-step", &step("m", 9 << 20)).await;
        assert_eq!(huge.problem().1, "body_too_large");
        assert_eq!(worker.say("steps", &json!({"x": 1})).await.problem().1, "invalid_json");
    }
}
