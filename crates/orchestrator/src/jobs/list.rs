//! `GET /jobs`

use agent_runner_api_types::{Cursor, JobPage, is_label, schema};
use agent_runner_domain::ports::{CursorPosition, JobQuery};
use axum::extract::State;

use super::costs::Costs;
use crate::{
    access::{Caller, Scope},
    app::App,
    error::ApiError,
    extract::{Json, Query},
};

const LIMIT_DEFAULT: u64 = 50;
const LIMIT_MAX: u64 = 500;

/// Lists jobs, newest first.
#[utoipa::path(
    get, path = "/jobs", tag = "jobs", operation_id = "listJobs",
    params(
        ("status" = Option<schema::Status>, Query, description = "Only jobs in this state."),
        ("job_type" = Option<String>, Query, description = "Only jobs of this type."),
        ("tag" = Option<String>, Query, description = "Only jobs with this tag, as key:value.",
            pattern = "^[A-Za-z0-9_./-]{1,64}:"),
        ("parent" = Option<schema::JobId>, Query, description = "Only jobs that belong to this one."),
        ("since" = Option<schema::Timestamp>, Query, description = "Only jobs created at or after this."),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "At most this many; 50."),
        ("cursor" = Option<String>, Query, pattern = "^c1-([0-9a-f]{16}|[1-9a-f][0-9a-f]{16,31})$",
            description = "The next_cursor of an earlier page, unchanged."),
    ),
    responses((status = 200, description = "Some jobs.", body = JobPage)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<JobPage>, ApiError> {
    caller.require(Scope::Read)?;
    let limit = query.number("limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let wanted = JobQuery {
        tenant: Some(caller.tenant),
        status: query.parsed("status"),
        job_type: query.text("job_type"),
        tag: tag(&mut query),
        parent: query.parsed("parent"),
        since: query.parsed("since"),
        after: query.parsed::<Cursor>("cursor").map(|cursor| CursorPosition(cursor.0)),
        limit: usize::try_from(limit).expect("in bounds"),
    };
    query.finish()?;
    let page = app.jobs.list(&wanted).await?;
    let costs = Costs::of(&app, page.jobs.iter()).await?;
    Ok(Json(JobPage {
        jobs: page.jobs.iter().map(|job| costs.show(job)).collect(),
        next_cursor: page.next.map(|at| Cursor(at.0).to_string()),
    }))
}

fn tag(query: &mut Query) -> Option<(String, String)> {
    let given = query.text("tag")?;
    match given.split_once(':') {
        Some((key, value)) if is_label(key) => Some((key.to_owned(), value.to_owned())),
        _ => {
            query.fault("tag", "a tag's key and value are wanted, as in tag=team:red");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_site::TestSite;

    fn ids(page: &Value) -> Vec<String> {
        let jobs = page["jobs"].as_array().unwrap().iter();
        jobs.map(|job| job["job_id"].as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn pages_lead_through_all_jobs_newest_first() {
        let site = TestSite::new();
        let mut made = Vec::new();
        for _ in 0..5 {
            made.insert(0, site.submit(&json!({})).await.job_id());
        }
        let (mut seen, mut path) = (Vec::new(), "/jobs?limit=2".to_owned());
        loop {
            let page = site.get(&path).await.json();
            seen.extend(ids(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("/jobs?limit=2&cursor={cursor}");
        }
        assert_eq!(seen, made);
    }

    #[tokio::test]
    async fn filters_are_joined() {
        let site = TestSite::new();
        let parent = site.submit(&json!({})).await.job_id();
        let child =
            site.submit(&json!({"parent": parent, "tags": {"team": "red:1"}})).await.job_id();
        for query in [
            format!("parent={parent}"),
            "tag=team:red%3A1".to_owned(),
            format!(
                "status=QUEUED&job_type=echo&tag=team:red:1&parent={parent}&since=2027-01-01T00:00:00Z"
            ),
        ] {
            assert_eq!(
                ids(&site.get(&format!("/jobs?{query}")).await.json()),
                [child.as_str()],
                "{query}"
            );
        }
        for query in ["status=RUNNING", "job_type=x", "tag=team:blue", "since=2028-01-01T00:00:00Z"]
        {
            assert!(ids(&site.get(&format!("/jobs?{query}")).await.json()).is_empty(), "{query}");
        }
    }

    #[tokio::test]
    async fn wrong_parameters_are_all_named() {
        let site = TestSite::new();
        let query =
            "status=running&tag=x&parent=job_1&since=now&limit=0&cursor=2&colour=red&limit=1";
        let (status, code, mut places) = site.get(&format!("/jobs?{query}")).await.problem();
        places.sort_unstable();
        assert_eq!((status, code.as_str()), (400, "invalid_parameter"));
        let mut expected =
            ["?status", "?tag", "?parent", "?since", "?limit", "?limit", "?cursor", "?colour"];
        expected.sort_unstable();
        assert_eq!(places, expected);
    }
}
