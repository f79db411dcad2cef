//! `POST /jobs`

use agent_runner_api_types::{Form, JobView, SubmitJob};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

use super::{
    costs::shown,
    draft::{IdempotencyKey, Place, draft},
};
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Body, Json, Query},
};

/// Submits a job.
///
/// It is stored durably before the answer. With an `Idempotency-Key`, a repetition of the same body finds the job
/// that the first one made (200), and another body is refused (409).
#[utoipa::path(
    post, path = "/jobs", tag = "jobs", operation_id = "submitJob",
    params(("Idempotency-Key" = Option<String>, Header,
        description = "Repeated submissions under one key are one job.",
        min_length = 1, max_length = 255, pattern = "^[!-~]([ -~]*[!-~])?$")),
    request_body = SubmitJob,
    responses(
        (status = 201, description = "The job is stored.", body = JobView,
            headers(("location" = String, description = "The job's address."))),
        (status = 200, description = "The idempotency key had made this job before.", body = JobView,
            headers(("location" = String, description = "The job's address."))),
        (status = 409, description = "The idempotency key was used with another body."),
    ),
)]
pub(crate) async fn submit(
    State(app): State<App>,
    caller: Caller,
    query: Query,
    key: IdempotencyKey,
    Body(body): Body,
) -> Result<Response, ApiError> {
    caller.require(Scope::Write)?;
    query.finish()?;
    let place = Place { form: Form::Single, line: 1 };
    let draft = draft(&app, &body, place, app.now(), key.for_body(&body));
    let draft = draft.map_err(|refused| refused.error)?;
    let mut answers = app.jobs.submit(&caller.tenant, vec![draft]).await;
    let submitted = answers.pop().expect("one draft has one answer")?;
    let status = if submitted.existing { StatusCode::OK } else { StatusCode::CREATED };
    let view = shown(&app, &submitted.job).await?;
    let location = HeaderValue::from_str(&view.links.job).expect("an id is plain ASCII");
    Ok((status, [(header::LOCATION, location)], Json(view)).into_response())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use serde_json::{Value, json};

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn an_accepted_job_is_shown_with_its_address() {
        let site = TestSite::new();
        let fields = json!({"priority": "high", "tags": {"team": "red"}, "delay_seconds": 60});
        let answer = site.submit(&fields).await;
        let job = answer.json();
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("location"), job["links"]["self"]);
        assert_eq!(
            (&job["status"], &job["priority"], &job["attempt"]),
            (&json!("QUEUED"), &json!(8), &json!(0))
        );
        assert_eq!(job["not_before"], "2027-01-15T08:01:00Z");
        assert_eq!(site.get(answer.header("location")).await.json(), job);
    }

    #[tokio::test]
    async fn one_idempotency_key_makes_one_job() {
        let site = TestSite::new();
        let post = async |body: &'static str| {
            let request = Request::post("/jobs").header("content-type", "application/json");
            site.send(request.header("idempotency-key", "k 1"), body).await
        };
        let first = post(r#"{"job_type": "echo", "payload": {"message": "a"}}"#).await;
        let again = post(r#"{"job_type": "echo", "payload": {"message": "a"}}"#).await;
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
        assert_eq!(first.job_id(), again.job_id());
        let other = post(r#"{"job_type": "echo", "payload": {"message": "b"}}"#).await;
        assert_eq!(other.problem().1, "idempotency_key_reused");
        assert!(other.json()["detail"].as_str().unwrap().contains(&first.job_id()));
        assert_eq!(site.stored().await, 1);
    }

    /// Each is refused with its status, its code and the places that are wrong, and nothing is stored.
    #[tokio::test]
    async fn bad_submissions_are_refused_with_their_places() {
        let site = TestSite::new();
        let job = |fields: Value| {
            let mut job = json!({"job_type": "echo", "payload": {"message": "a"}});
            job.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            job.to_string()
        };
        let unknown = "job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5";
        let cases: Vec<(String, u16, &str, &[&str])> = vec![
            (
                r#"{"job_type": "ecco", "payload": {}}"#.into(),
                422,
                "unknown_job_type",
                &["/job_type"],
            ),
            (r#"{"payload": {}}"#.into(), 422, "invalid_job", &["/job_type"]),
            (r#"{"job_type": "echo"}"#.into(), 422, "invalid_job", &["/payload"]),
            (
                job(json!({"payload": {"message": 1, "x": 1}})),
                422,
                "invalid_job",
                &["/payload/message", "/payload"],
            ),
            (
                job(json!({"payload": {"message": 1}, "priority": 0})),
                422,
                "invalid_job",
                &["/priority", "/payload/message"],
            ),
            (job(json!({"colour": 1})), 422, "invalid_job", &["/colour"]),
            (job(json!({"priority": 11})), 422, "invalid_job", &["/priority"]),
            (job(json!({"run_at": "2001-01-01T00:00:00Z"})), 422, "invalid_job", &["/run_at"]),
            (job(json!({"run_at": "2101-01-01T00:00:00Z"})), 422, "invalid_job", &["/run_at"]),
            (job(json!({"delay_seconds": -1})), 422, "invalid_job", &["/delay_seconds"]),
            (job(json!({"budget_usd": 0})), 422, "invalid_job", &["/budget_usd"]),
            (job(json!({"budget_usd": -0.5})), 422, "invalid_job", &["/budget_usd"]),
            (job(json!({"budget_usd": 1e12})), 422, "invalid_job", &["/budget_usd"]),
            (job(json!({"depends_on": [unknown]})), 422, "invalid_job", &["/depends_on/0"]),
            (job(json!({"parent": unknown})), 422, "invalid_job", &["/parent"]),
            (job(json!({"depends_on": ["job_1"]})), 422, "invalid_job", &["/depends_on/0"]),
            (
                job(json!({"callback_url": "http://169.254.169.254/"})),
                422,
                "invalid_job",
                &["/callback_url"],
            ),
            (
                job(json!({"payload": {"message": "a"}, "tags": {"a": 1}})),
                422,
                "invalid_job",
                &["/tags/a"],
            ),
            ("[]".into(), 422, "invalid_job", &[""]),
            ("{\n\"job_type\": }".into(), 400, "invalid_json", &[]),
            (String::new(), 400, "invalid_json", &[]),
            (
                r#"{"job_type": "echo", "payload": {"message": 1e999}}"#.into(),
                422,
                "invalid_job",
                &["/payload"],
            ),
            (
                r#"{"job_type": "echo", "payload": {"message": "\ud800"}}"#.into(),
                422,
                "invalid_job",
                &["/payload"],
            ),
            (
                format!(
                    r#"{{"job_type": "echo", "payload": {}{}}}"#,
                    "[".repeat(500),
                    "]".repeat(500)
                ),
                422,
                "invalid_job",
                &["/payload"],
            ),
        ];
        for (body, status, code, places) in cases {
            let (found_status, found_code, mut found) =
                site.post("/jobs", body.clone()).await.problem();
            let mut places = places.to_vec();
            found.sort_unstable();
            places.sort_unstable();
            assert_eq!(
                (found_status, found_code.as_str(), found),
                (status, code, places.into_iter().map(str::to_owned).collect()),
                "{body}"
            );
        }
        assert_eq!(site.stored().await, 0);
    }

    #[tokio::test]
    async fn bodies_of_another_kind_or_size_are_refused() {
        let site = TestSite::new();
        let plain = site.send(Request::post("/jobs"), "{}").await;
        assert_eq!(plain.problem().1, "unsupported_media_type");
        let form =
            Request::post("/jobs").header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(site.send(form, "{}").await.problem().1, "unsupported_media_type");
        let large = site.post("/jobs", " ".repeat(5 * 1024 * 1024 + 1)).await;
        assert_eq!(large.problem().1, "body_too_large");
        let announced = Request::post("/jobs").header("content-type", "application/json");
        let announced =
            site.send(announced.header("content-length", "9999999999"), Body::empty()).await;
        assert_eq!(announced.problem().1, "body_too_large");
        assert_eq!(site.post("/jobs", vec![b'"', 0xff, b'"']).await.problem().1, "invalid_json");
        let key = Request::post("/jobs").header("content-type", "application/json");
        let key = site.send(key.header("idempotency-key", "k".repeat(256)), "{}").await;
        assert_eq!(
            key.problem(),
            (400, "invalid_parameter".into(), vec!["idempotency-key".into()])
        );
        assert_eq!(site.post("/jobs?x=1", "{}").await.problem().2, ["?x"]);
    }
}
