//! What jobs and orchestrators ask of AWS, as it was counted (`docs/performance.md`, part h).

use serde::Deserialize;

const BUILT_IN: &str = include_str!("../../data/aws-measured.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measured {
    pub(super) date: String,
    pub(super) source: String,
    /// An echo job that had the installation for itself, which is when a job asks for the most.
    pub(super) job: Calls,
    /// A minute of a worker at work.
    pub(super) job_minute: Calls,
    /// A minute of an orchestrator while workers are at work, beside what the jobs themselves cost.
    pub(super) busy_minute: Calls,
    pub(super) idle_minute: Calls,
    pub(super) job_log_bytes: f64,
    pub(super) job_table_bytes: f64,
    /// Of both images, as they are stored.
    pub(super) image_bytes: f64,
}

#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Calls {
    pub(super) table_writes: f64,
    pub(super) table_reads: f64,
    pub(super) queue_requests: f64,
    pub(super) queue_grouped_requests: f64,
}

impl Measured {
    pub(super) fn built_in() -> Self {
        serde_json::from_str(BUILT_IN).expect("the file in this program is tested")
    }
}
