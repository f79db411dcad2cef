//! `GET /jobs/{id}`

use std::time::Duration;

use agent_runner_api_types::JobView;
use agent_runner_domain::{
    JobId,
    job::{Job, Status},
};
use axum::extract::State;

use super::costs::shown;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{JobPath, Json, Query},
};

/// Results up to this size are shown with their job.
const RESULT_INLINE_BYTES_MAX: usize = 16 * 1024;

/// Shows a job, at once or when it has ended.
#[utoipa::path(
    get, path = "/jobs/{id}", tag = "jobs", operation_id = "getJob",
    params(
        ("id" = agent_runner_api_types::schema::JobId, Path, description = "The job."),
        ("wait" = Option<u64>, Query, minimum = 0, maximum = 86_400,
            description = "Answer when the job is final, or after that many seconds (25 at most)."),
    ),
    responses((status = 200, description = "The job.", body = JobView)),
)]
pub(crate) async fn get(
    State(app): State<App>,
    caller: Caller,
    JobPath(id): JobPath,
    mut query: Query,
) -> Result<Json<JobView>, ApiError> {
    caller.require(Scope::Read)?;
    let wait = query.wait();
    query.finish()?;
    let job = read(&app, &caller, id, wait).await?;
    let view = shown(&app, &job).await?;
    if job.status() != Status::Succeeded {
        return Ok(Json(view));
    }
    let result = app.jobs.result(&caller.tenant, id).await?;
    let small = result.get().len() <= RESULT_INLINE_BYTES_MAX;
    Ok(Json(if small { view.with_result(result) } else { view }))
}

/// The job, at once or when it is final, or when `wait` is over, or when the server stops.
pub(super) async fn read(
    app: &App,
    caller: &Caller,
    id: JobId,
    wait: Duration,
) -> Result<Job, ApiError> {
    if !wait.is_zero() {
        tokio::select! {
            job = app.jobs.wait(&caller.tenant, id, wait) => return Ok(job?),
            () = app.stopping.cancelled() => {}
        }
    }
    Ok(app.jobs.get(&caller.tenant, id).await?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn a_finished_job_is_shown_with_its_small_result() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let result = format!("/jobs/{id}/result");
        assert_eq!(site.get(&result).await.problem().1, "job_not_finished");
        site.run_one().await;
        let job = site.get(&format!("/jobs/{id}")).await.json();
        assert_eq!((&job["status"], &job["result"]), (&json!("SUCCEEDED"), &json!({"said": "hi"})));
        assert_eq!(site.get(&result).await.json(), json!({"said": "hi"}));
        assert_eq!(site.get(&format!("/jobs/{id}/payload")).await.json(), json!({"message": "hi"}));
        let attempts = site.get(&format!("/jobs/{id}/attempts")).await.json();
        assert_eq!(attempts["attempts"][0]["status"], "SUCCEEDED");
    }

    #[tokio::test]
    async fn whoever_waits_is_answered_at_the_end() {
        let site = TestSite::new();
        let id = site.submit(&json!({})).await.job_id();
        let path = format!("/jobs/{id}?wait=20");
        let waiting = site.get(&path);
        let finishing = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            site.run_one().await;
        };
        let both = async { tokio::join!(waiting, finishing).0 };
        let answer = tokio::time::timeout(Duration::from_secs(5), both).await.unwrap();
        assert_eq!(answer.json()["status"], "SUCCEEDED");
    }

    #[tokio::test]
    async fn ids_that_are_none_or_nobodys_are_refused() {
        let site = TestSite::new();
        for path in ["/jobs/x", "/jobs/job_1/events", "/jobs/job_01jd3xn5q7z8y9w0v1t2s3r4p5/result"]
        {
            assert_eq!(
                site.get(path).await.problem(),
                (400, "invalid_parameter".into(), vec!["{id}".into()]),
                "{path}"
            );
        }
        let nobody = "/jobs/job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5";
        for path in [
            "",
            "/result",
            "/payload",
            "/events",
            "/attempts",
            "/artifacts",
            "/artifacts/a",
            "/explain",
        ] {
            assert_eq!(
                site.get(&format!("{nobody}{path}")).await.problem().1,
                "job_not_found",
                "{path}"
            );
        }
        assert_eq!(site.get(&format!("{nobody}?wait=-1")).await.problem().2, ["?wait"]);
        assert_eq!(site.get("/jobs/%ff").await.problem().1, "bad_request");
        assert_eq!(site.get("/jobs?status=%zz").await.problem().1, "bad_request");
    }
}
