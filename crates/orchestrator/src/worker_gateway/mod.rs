//! What workers without access of their own to the stores say. The lease is the credential of every request, so
//! there are no API keys here, and no description: only our own workers speak this.

mod artifacts;
mod children;
mod events;
mod files;
mod finish;
mod heartbeat;
mod money;
mod setting;
mod start;
mod steps;
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
        .route(&format!("{}/{{id}}/{{*name}}", path(worker::FILES)), routing::get(files::file))
        .route(path(worker::RESERVE), routing::post(money::reserve))
        .route(path(worker::SETTLE), routing::post(money::settle))
        .route(path(worker::RECORD_STEP), routing::post(steps::record))
        .route(path(worker::STEPS), routing::post(steps::steps))
        .route(path(worker::SETTING), routing::post(setting::setting))
        .route(path(worker::SUBMIT), routing::post(children::submit))
        .route(path(worker::LOOK), routing::post(children::look))
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, ApiError> {
    read_within(request, worker::BODY_BYTES_MAX).await
}

async fn read_within<T: DeserializeOwned>(
    request: Request,
    bytes_max: usize,
) -> Result<T, ApiError> {
    let body = extract::read_body(request, bytes_max).await?;
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

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn a_worker_runs_its_job_by_the_gateway() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        let assignment = worker.say("start", &json!({"launch": "pid-1"})).await.json();
        assert_eq!(assignment["payload"], json!({"message": "hi"}));
        assert_eq!(
            worker.say("heartbeat", &json!({})).await.json(),
            json!({"instruction": "continue"})
        );
        let line = json!({"at": "2027-01-15T08:00:00Z", "attempt": 1, "kind": "log", "stream": "stdout", "line": "x"});
        assert_eq!(worker.say("events", &json!({"first": 1, "events": [line]})).await.status, 204);
        let put = worker.request("PUT", "artifacts/out/a%20b.txt").header("host", "worker");
        let stored = site.send(put, "content").await.json();
        assert_eq!(stored, json!({"name": "out/a b.txt", "attempt": 1, "bytes": 7}));
        let last =
            json!({"verdict": {"verdict": "succeeded"}, "result": 1, "first": 2, "events": []});
        assert_eq!(worker.say("finish", &last).await.status, 204);

        let files = site.get(&format!("/jobs/{id}/artifacts")).await.json();
        let address = files["artifacts"][0]["link"].as_str().unwrap();
        let file = site.get(address).await;
        assert_eq!(
            (file.body.as_slice(), file.header("x-content-type-options")),
            (&b"content"[..], "nosniff")
        );
        assert_eq!(site.get(&format!("/jobs/{id}/artifacts/out/a%20b.txt")).await.body, b"content");
        assert_eq!(
            site.get(&format!("/jobs/{id}/artifacts/nope")).await.problem().1,
            "artifact_not_found"
        );
        assert_eq!(site.get(&format!("/jobs/{id}/artifacts/..%2fx")).await.problem().2, ["{name}"]);
        let events = site.get(&format!("/jobs/{id}/events")).await.json();
        assert_eq!(events["events"][3]["line"], "x");
    }

    #[tokio::test]
    async fn a_lease_that_is_none_or_no_longer_holds_is_refused() {
        let site = TestSite::new();
        site.submit(&json!({})).await;
        let worker = site.launch().await;
        let lacking = site.send(Request::post("/worker/v1/heartbeat"), "{}").await;
        assert_eq!(lacking.problem().2, ["authorization"]);
        let mut stranger = site.launch_like(&worker);
        stranger.order.lease = agent_runner_domain::Lease::from_u128(1);
        assert_eq!(stranger.say("start", &json!({})).await.problem().1, "lease_lost");
        assert_eq!(worker.say("start", &json!({"x": 1})).await.problem().1, "invalid_json");
        assert_eq!(worker.say("start", &json!({})).await.status, 200);
    }
}
