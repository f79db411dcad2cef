//! `POST /jobs/{id}/cancel`

use agent_runner_api_types::{JobView, schema};
use axum::extract::State;
use http::StatusCode;

use super::costs::shown;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Asks for a job to stop. Accepted is not stopped: watch the job for the end of its worker.
#[utoipa::path(
    post, path = "/jobs/{id}/cancel", tag = "jobs", operation_id = "cancelJob",
    params(("id" = schema::JobId, Path, description = "The job.")),
    responses(
        (status = 202, description = "The job is cancelled.", body = JobView),
        (status = 409, description = "The job has ended otherwise."),
    ),
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let job = app.jobs.cancel(&caller.tenant, id).await?;
    Ok((StatusCode::ACCEPTED, Json(shown(&app, &job).await?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn a_waiting_job_is_cancelled_and_can_be_retried() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let job = format!("/jobs/{id}");
        assert_eq!(site.post(&format!("{job}/retry"), "").await.problem().1, "job_not_final");
        let cancelled = site.post(&format!("{job}/cancel"), "").await;
        assert_eq!(
            (cancelled.status.as_u16(), &cancelled.json()["status"]),
            (202, &json!("CANCELLED"))
        );
        assert_eq!(cancelled.json()["cause"]["kind"], "cancelled");
        assert_eq!(site.get(&format!("{job}/result")).await.problem().1, "job_has_no_result");
        let explained = site.get(&format!("{job}/explain")).await.json();
        assert!(explained["summary"].as_str().unwrap().contains("CANCELLED"), "{explained}");
        let retried = site.post(&format!("{job}/retry"), "").await;
        assert_eq!((retried.status.as_u16(), &retried.json()["status"]), (202, &json!("QUEUED")));
        site.run_one().await;
        assert_eq!(site.post(&format!("{job}/cancel"), "").await.problem().1, "job_is_final");
        assert_eq!(site.post(&format!("{job}/retry"), "").await.problem().1, "job_succeeded");
    }
}
