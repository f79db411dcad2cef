//! `GET /worker/v1/files/{job}/{name}`

use agent_runner_domain::ports::WorkerLink;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::ticket::Bearer;
use crate::{app::App, error::ApiError, extract::ArtifactPath};

/// The worker wants a file of its own or of another job; 204 where there is none.
pub(super) async fn file(
    State(app): State<App>,
    Bearer(ticket): Bearer,
    ArtifactPath(job, name): ArtifactPath,
) -> Result<Response, ApiError> {
    let found = app.engine.gateway().link(ticket).get_artifact(job, &name).await?;
    Ok(found.map_or_else(|| StatusCode::NO_CONTENT.into_response(), IntoResponse::into_response))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use crate::test_site::{Answer, TestSite, TestWorker};

    async fn get(site: &TestSite, worker: &TestWorker<'_>, path: &str) -> Answer {
        let request = worker.request("GET", &format!("files/{path}")).header("host", "worker");
        site.send(request, Body::empty()).await
    }

    #[tokio::test]
    async fn files_of_any_job_of_the_tenant_are_read() {
        let site = TestSite::new();
        let first = site.submit(&json!({})).await.job_id();
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        for (name, content) in [("a%20b/c", "content"), ("empty", "")] {
            let put = worker.request("PUT", &format!("artifacts/{name}")).header("host", "worker");
            assert_eq!(site.send(put, content).await.status, 200);
        }
        site.submit(&json!({})).await;
        let reader = site.launch().await;
        reader.say("start", &json!({})).await;
        let found = get(&site, &reader, &format!("{first}/a%20b/c")).await;
        assert_eq!((found.status.as_u16(), found.body.as_slice()), (200, &b"content"[..]));
        let empty = get(&site, &reader, &format!("{first}/empty")).await;
        assert_eq!((empty.status.as_u16(), empty.body.len()), (200, 0));
        let nobody = "job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5";
        for path in [format!("{first}/nope"), format!("{nobody}/empty")] {
            assert_eq!(get(&site, &reader, &path).await.status, 204, "{path}");
        }
        assert_eq!(get(&site, &reader, &format!("{first}/..%2fx")).await.problem().2, ["{name}"]);
        assert_eq!(get(&site, &reader, "job_1/x").await.problem().2, ["{id}"]);
    }
}
