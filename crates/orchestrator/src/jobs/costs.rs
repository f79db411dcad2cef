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
