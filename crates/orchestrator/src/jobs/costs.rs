//! Jobs with what they cost.

use std::collections::HashMap;

use agent_runner_api_types::{CostView, JobView};
use agent_runner_domain::{JobId, job::Job};

use crate::{app::App, costs, error::ApiError};

/// What some jobs cost, read at once for all of them.
pub(super) struct Costs(HashMap<JobId, CostView>);

impl Costs {
    /// A job that never started has made no call, so that nothing is read for it.
    pub(super) async fn of(app: &App, jobs: impl Iterator<Item = &Job>) -> Result<Self, ApiError> {
        let started: Vec<_> = jobs.filter(|job| job.attempts > 0).map(|job| job.id).collect();
        if started.is_empty() {
            return Ok(Self(HashMap::new()));
        }
        let costs = app.jobs.costs(&started).await?;
        Ok(Self(started.into_iter().zip(costs.iter().map(costs::view)).collect()))
    }

    pub(super) fn show(&self, job: &Job) -> JobView {
        JobView::from(job).with_cost(self.0.get(&job.id).copied().unwrap_or_default())
    }
}

/// One job with what it costs.
pub(super) async fn shown(app: &App, job: &Job) -> Result<JobView, ApiError> {
    Ok(Costs::of(app, std::iter::once(job)).await?.show(job))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::test_site::TestSite;

    fn nothing() -> Value {
        let tokens = json!({"input": 0, "output": 0, "cache_read": 0, "cache_write": 0});
        json!({
            "model_usd": 0.0, "compute_usd": 0.0, "total_usd": 0.0, "held_usd": 0.0, "calls": 0,
            "unpriced_calls": 0, "tokens": tokens,
        })
    }

    #[tokio::test]
    async fn jobs_are_listed_with_what_they_cost() {
        let site = TestSite::new();
        for cost in [1_000_000_000, 2_500_000_000] {
            site.submit(&json!({})).await;
            let worker = site.launch().await;
            worker.say("start", &json!({})).await;
            worker.call(1, cost, Some(cost)).await;
        }
        site.submit(&json!({})).await;
        let list = site.get("/jobs").await.json();
        let costs: Vec<_> =
            list["jobs"].as_array().unwrap().iter().map(|job| &job["cost"]).collect();
        assert_eq!(costs[0], &nothing());
        assert_eq!((&costs[1]["total_usd"], &costs[2]["total_usd"]), (&json!(2.5), &json!(1.0)));
    }

    #[tokio::test]
    async fn nothing_is_read_for_what_never_started() {
        let site = TestSite::without_ledger();
        let submitted = site.submit(&json!({"delay_seconds": 60})).await;
        assert_eq!((submitted.status.as_u16(), &submitted.json()["cost"]), (201, &nothing()));
        let path = format!("/jobs/{}", submitted.job_id());
        for path in [path.as_str(), "/jobs"] {
            assert_eq!(site.get(path).await.status, 200, "{path}");
        }
        let cancelled = site.post(&format!("{path}/cancel"), "").await;
        assert_eq!(cancelled.json()["cost"], nothing());

        let id = site.submit(&json!({})).await.job_id();
        site.run_one().await;
        for path in ["/jobs".to_owned(), format!("/jobs/{id}")] {
            assert_eq!(site.get(&path).await.problem().1, "unavailable", "{path}");
        }
    }
}
