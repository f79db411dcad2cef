//! What a user asked for. The payload is not here: it may be large, and no decision reads it.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Backoff, Priority, Resources};
use crate::{JobId, Money};

/// The largest `max_attempts`.
pub const ATTEMPTS_MAX: u32 = 100;
/// How long an attempt may run when the submission says nothing.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_hours(1);
/// The largest `timeout_seconds`.
pub const TIMEOUT_MAX: Duration = Duration::from_hours(7 * 24);
/// How many ancestors a job may have.
pub const DEPTH_MAX: usize = 8;

/// The immutable part of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobSpec {
    /// Which handler runs it.
    pub job_type: String,
    /// The priority at submission; [`super::Job::priority`] is the one in force.
    #[serde(default)]
    pub priority: Priority,
    /// How many failures of the user's own the job survives, the last one included. At least 1.
    pub max_attempts: u32,
    /// The same for failures of the infrastructure.
    pub max_infrastructure_attempts: u32,
    pub backoff: Backoff,
    /// How long one attempt may run.
    pub timeout_ms: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<JobId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The job that started this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<JobId>,
    /// Which attempt of the parent that was, so that a cancellation reaches no child of a later one; 0: none, a user
    /// said so.
    #[serde(default, skip_serializing_if = "super::is_zero")]
    pub parent_attempt: u32,
    /// Its parent, the parent's parent and so on, the root first and the parent last; at most [`DEPTH_MAX`].
    /// The engine fills it at submission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ancestors: Vec<JobId>,
    /// What the model calls of the job and of all its descendants may cost together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
    /// What it asks of its worker's machine.
    #[serde(default, skip_serializing_if = "Resources::is_default")]
    pub resources: Resources,
}

impl JobSpec {
    pub const MAX_ATTEMPTS_DEFAULT: u32 = 3;
    pub const MAX_INFRASTRUCTURE_ATTEMPTS: u32 = 10;

    /// A job of this type with every default.
    #[must_use]
    pub fn of_type(job_type: impl Into<String>) -> Self {
        Self {
            job_type: job_type.into(),
            priority: Priority::default(),
            max_attempts: Self::MAX_ATTEMPTS_DEFAULT,
            max_infrastructure_attempts: Self::MAX_INFRASTRUCTURE_ATTEMPTS,
            backoff: Backoff::default(),
            timeout_ms: u64::try_from(TIMEOUT_DEFAULT.as_millis()).expect("an hour fits"),
            depends_on: Vec::new(),
            callback_url: None,
            tags: BTreeMap::new(),
            parent: None,
            parent_attempt: 0,
            ancestors: Vec::new(),
            budget: None,
            resources: Resources::default(),
        }
    }

    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
