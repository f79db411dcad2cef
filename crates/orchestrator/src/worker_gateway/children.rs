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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_site::TestSite;

    fn order(key: &str, payload: &Value) -> Value {
        json!({"key": key, "job_type": "echo", "payload": payload})
    }

    #[tokio::test]
    async fn a_running_job_starts_others_and_looks_at_them() {
        let site = TestSite::new();
        let id = site.submit(&json!({"tags": {"team": "red"}})).await.job_id();
        let stranger = site.submit(&json!({"delay_seconds": 60})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let good = json!({"message": "hi"});
        let orders = json!({"orders": [order("a", &good), order("b", &json!({"message": 1}))]});
        let answers = worker.say("submit", &orders).await.json();
        let child = answers[0]["Ok"].as_str().unwrap().to_owned();
        assert_eq!(answers[1]["Err"][0]["path"], "/payload/message");
        assert_eq!(worker.say("submit", &orders).await.json()[0]["Ok"], child.as_str());

        let children = site.get(&format!("/jobs?parent={id}")).await.json();
        let children = children["jobs"].as_array().unwrap();
        assert_eq!((children.len(), &children[0]["parent"]), (1, &json!(id)));
        assert_eq!(children[0]["tags"], json!({"team": "red"}));

        let runner = site.launch().await;
        runner.say("start", &json!({})).await;
        runner.call(1, 5, Some(2_000_000_000)).await;
        let last =
            json!({"verdict": {"verdict": "succeeded"}, "result": null, "first": 1, "events": []});
        assert_eq!(runner.say("finish", &last).await.status, 204);
        let seen = worker.say("look", &json!({"jobs": [child, stranger]})).await.json();
        let expected = json!({
            "job_id": child, "status": "SUCCEEDED", "result": null, "cost": 2_000_000_000_u64,
        });
        assert_eq!(seen, json!([expected, null]));
        let parent = site.get(&format!("/jobs/{id}")).await.json();
        assert_eq!(parent["cost"]["total_usd"], 2.0, "what children cost is counted above them");
    }

    #[tokio::test]
    async fn a_job_that_waits_for_its_children_says_for_which() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let orders = json!({"orders": [order("a", &json!({"message": "hi"}))]});
        let child = worker.say("submit", &orders).await.json()[0]["Ok"].clone();
        let wait = |on: &Value| {
            let verdict = json!({"verdict": "waiting", "on": [on]});
            json!({"verdict": verdict, "first": 1, "events": []})
        };
        let alone = worker.say("finish", &wait(&json!(id))).await;
        assert_eq!(alone.problem().1, "invalid_request");
        assert_eq!(worker.say("finish", &wait(&child)).await.status, 204);
        let job = site.get(&format!("/jobs/{id}")).await.json();
        assert_eq!((&job["status"], &job["waits_for"]), (&json!("BLOCKED"), &json!([child])));
        let attempts = site.get(&format!("/jobs/{id}/attempts")).await.json();
        assert_eq!(attempts["attempts"][0]["status"], "WAITED");
    }

    #[tokio::test]
    async fn too_many_at_once_are_refused() {
        let site = TestSite::new();
        site.submit(&json!({})).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        let good = json!({"message": "hi"});
        let orders: Vec<_> = (0..1_001).map(|at| order(&at.to_string(), &good)).collect();
        let many = worker.say("submit", &json!({"orders": orders})).await;
        assert_eq!(many.problem().1, "invalid_request");
        let jobs = vec!["job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5"; 1_001];
        let many = worker.say("look", &json!({"jobs": jobs})).await;
        assert_eq!(many.problem().1, "invalid_request");
        let large = order("a", &json!({"message": "x".repeat(33 << 20)}));
        let large = worker.say("submit", &json!({"orders": [large]})).await;
        assert_eq!(large.problem().1, "body_too_large");
    }
}
