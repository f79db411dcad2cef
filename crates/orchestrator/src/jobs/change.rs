//! `PATCH /jobs/{id}`

use agent_runner_api_types::{ChangePriority, JobView, ProblemCode, schema};
use axum::extract::State;

use super::costs::shown;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Body, JobPath, Json, Query},
};

/// Moves a job in line while it waits.
#[utoipa::path(
    patch, path = "/jobs/{id}", tag = "jobs", operation_id = "changeJob",
    params(("id" = schema::JobId, Path, description = "The job.")),
    request_body = ChangePriority,
    responses(
        (status = 200, description = "The job with its new priority.", body = JobView),
        (status = 409, description = "The job no longer waits."),
    ),
)]
pub(crate) async fn change(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    query: Query,
    Body(body): Body,
) -> Result<Json<JobView>, ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let change = ChangePriority::parse(&body)
        .map_err(|unreadable| ApiError::unreadable(ProblemCode::InvalidRequest, unreadable))?;
    let job = app.jobs.set_priority(&caller.tenant, id, change.priority).await?;
    Ok(Json(shown(&app, &job).await?))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn the_priority_changes_only_while_the_job_waits() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let patch = async |body: &'static str| {
            let request = Request::patch(format!("/jobs/{id}"));
            site.send(request.header("content-type", "application/json"), body).await
        };
        assert_eq!(patch(r#"{"priority": "high"}"#).await.json()["priority"], 8);
        assert_eq!(patch(r#"{"priority": 0, "x": 1}"#).await.problem().2, ["/priority", "/x"]);
        assert_eq!(
            patch("{}").await.problem(),
            (422, "invalid_request".into(), vec!["/priority".into()])
        );
        site.launch().await;
        assert_eq!(patch(r#"{"priority": 1}"#).await.problem().1, "job_not_in_line");
        site.post(&format!("/jobs/{id}/cancel"), "").await;
        assert_eq!(patch(r#"{"priority": 1}"#).await.problem().1, "job_is_final");
    }
}
