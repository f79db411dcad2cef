//! How a job, its attempts and its files are shown.

use std::collections::BTreeMap;

use agent_runner_domain::{
    JobId, Money, RawJson, Timestamp,
    job::{AttemptEnd, Cause, CauseKind, Evidence, Job, JobState, PaidBy, Priority, Status},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{CostView, ResourcesView, schema};

/// A job as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    #[schema(value_type = schema::JobId)]
    pub job_id: JobId,
    pub job_type: String,
    #[schema(value_type = schema::Status)]
    pub status: Status,
    /// 1 (last) to 10 (first).
    #[schema(value_type = u8, minimum = 1, maximum = 10)]
    pub priority: Priority,
    /// The number of the newest attempt; 0 before the first.
    pub attempt: u32,
    /// How many failures of its own the job survives, the last one included.
    pub max_attempts: u32,
    /// Failures that counted against `max_attempts` so far.
    pub attempts_used: u32,
    pub timeout_seconds: f64,
    #[schema(value_type = schema::Timestamp)]
    pub created_at: Timestamp,
    /// While it waits: not started before this (a delay, or the pause before the next attempt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Timestamp, required = false)]
    pub not_before: Option<Timestamp>,
    /// When the newest attempt's worker said that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Timestamp, required = false)]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Timestamp, required = false)]
    pub finished_at: Option<Timestamp>,
    #[schema(value_type = Vec<schema::JobId>)]
    pub depends_on: Vec<JobId>,
    /// Jobs that it has started and whose ends it waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::JobId>, required = false)]
    pub waits_for: Vec<JobId>,
    pub tags: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::JobId, required = false)]
    pub parent: Option<JobId>,
    /// What it and all jobs that it starts may cost together, where that was limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub budget_usd: Option<f64>,
    /// What it asks of its worker's machine.
    #[serde(default, skip_serializing_if = "ResourcesView::is_empty")]
    #[schema(required = false)]
    pub resources: ResourcesView,
    /// What it and all jobs that it started cost so far.
    #[serde(default)]
    #[schema(required = true)]
    pub cost: CostView,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub callback_url: Option<String>,
    /// Why the last attempt, or the job, ended without success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cause: Option<CauseView>,
    /// What the handler returned, where it is small and one job was asked for; else see `links.result`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::AnyJson, required = false)]
    pub result: Option<RawJson>,
    pub links: Links,
}

/// Where to go from a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Links {
    #[serde(rename = "self")]
    pub job: String,
    pub payload: String,
    pub result: String,
    pub events: String,
    pub attempts: String,
    pub artifacts: String,
    pub explain: String,
}

/// Why something ended without success, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CauseView {
    #[schema(value_type = schema::CauseKind)]
    pub kind: CauseKind,
    /// One sentence for people.
    pub message: String,
    pub evidence: EvidenceView,
    #[schema(value_type = schema::PaidBy)]
    pub paid_by: PaidBy,
    pub will_retry: bool,
    /// When the next attempt may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Timestamp, required = false)]
    pub retry_at: Option<Timestamp>,
}

/// What is known about how it happened. What is missing is unknown, not zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceView {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signal: Option<i32>,
    /// The platform's own word for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stop_code: Option<String>,
    /// The last of what was printed to standard error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub stderr_tail: Option<String>,
}

/// Some jobs, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobPage {
    pub jobs: Vec<JobView>,
    /// Pass it as `cursor` for the next page; missing on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next_cursor: Option<String>,
}

/// One try at a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    /// 1, 2, …
    pub attempt: u32,
    pub status: AttemptStatus,
    #[schema(value_type = schema::Timestamp)]
    pub launched_at: Timestamp,
    /// When its worker said that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Timestamp, required = false)]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = schema::Timestamp, required = false)]
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cause: Option<CauseView>,
    /// Why it was not launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message: Option<String>,
}

/// How an attempt is, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AttemptStatus {
    Launching,
    Running,
    Succeeded,
    Failed,
    /// It stopped, to go on with another attempt when jobs that it started have ended; it counts against nobody.
    Waited,
    /// There was no room for it; it counts against nobody.
    NotLaunched,
}

/// The attempts of a job, oldest first; the oldest of very many are only in the job's events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptList {
    pub attempts: Vec<AttemptView>,
}

/// A file that an attempt left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArtifactView {
    /// A relative path.
    pub name: String,
    pub attempt: u32,
    pub bytes: u64,
    /// Where its content is.
    pub link: String,
}

/// The files of a job, all attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArtifactList {
    pub artifacts: Vec<ArtifactView>,
}

impl JobView {
    #[must_use]
    pub fn with_result(self, result: RawJson) -> Self {
        Self { result: Some(result), ..self }
    }

    #[must_use]
    pub fn with_cost(self, cost: CostView) -> Self {
        Self { cost, ..self }
    }
}

/// Without its result, and as if it had cost nothing: neither stands in the job.
impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        let not_before = match job.state {
            JobState::Blocked { not_before, .. } | JobState::Queued { not_before, .. } => {
                // Every job may start from its submission on; only more than that is worth telling.
                Some(not_before).filter(|at| *at > job.created_at)
            }
            _ => None,
        };
        let waits_for = match &job.state {
            JobState::Blocked { waits_for, .. } => waits_for.clone(),
            _ => Vec::new(),
        };
        Self {
            job_id: job.id,
            job_type: job.spec.job_type.clone(),
            status: job.status(),
            priority: job.priority,
            attempt: job.attempts,
            max_attempts: job.spec.max_attempts,
            attempts_used: job.user_failures,
            timeout_seconds: job.spec.timeout().as_secs_f64(),
            created_at: job.created_at,
            not_before,
            started_at: job.started_at,
            finished_at: job.finished_at(),
            depends_on: job.spec.depends_on.clone(),
            waits_for,
            tags: job.spec.tags.clone(),
            parent: job.spec.parent,
            budget_usd: job.spec.budget.map(Money::dollars),
            resources: job.spec.resources.into(),
            cost: CostView::default(),
            callback_url: job.spec.callback_url.clone(),
            cause: job.cause.as_ref().map(CauseView::from),
            result: None,
            links: Links::of(job.id),
        }
    }
}

impl Links {
    #[must_use]
    pub fn of(id: JobId) -> Self {
        let job = format!("/jobs/{id}");
        let to = |what: &str| format!("{job}/{what}");
        Self {
            payload: to("payload"),
            result: to("result"),
            events: to("events"),
            attempts: to("attempts"),
            artifacts: to("artifacts"),
            explain: to("explain"),
            job,
        }
    }
}

impl From<&Cause> for CauseView {
    fn from(cause: &Cause) -> Self {
        Self {
            kind: cause.kind,
            message: cause.message.clone(),
            evidence: EvidenceView::from(&cause.evidence),
            paid_by: cause.paid_by,
            will_retry: cause.retry_at.is_some(),
            retry_at: cause.retry_at,
        }
    }
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        Self {
            exit_code: evidence.exit_code,
            signal: evidence.signal,
            stop_code: evidence.stop_code.clone(),
            stderr_tail: evidence.stderr_tail.clone(),
        }
    }
}

impl AttemptView {
    /// All attempts that the job remembers, with the one under way at the end.
    #[must_use]
    pub fn of(job: &Job) -> Vec<Self> {
        let ended = job.history.iter().map(|record| {
            let (status, cause, message) = match &record.end {
                AttemptEnd::Succeeded => (AttemptStatus::Succeeded, None, None),
                AttemptEnd::Failed(cause) => (AttemptStatus::Failed, Some(cause.into()), None),
                AttemptEnd::Waited => (AttemptStatus::Waited, None, None),
                AttemptEnd::NotLaunched(why) => {
                    (AttemptStatus::NotLaunched, None, Some(why.clone()))
                }
            };
            Self {
                attempt: record.number,
                status,
                launched_at: record.launched_at,
                started_at: record.started_at,
                ended_at: Some(record.ended_at),
                cause,
                message,
            }
        });
        ended.chain(Self::under_way(job)).collect()
    }

    fn under_way(job: &Job) -> Option<Self> {
        let (attempt, status, launched_at, started_at) = match job.state {
            JobState::Launching { attempt, since, .. } => {
                (attempt, AttemptStatus::Launching, since, None)
            }
            JobState::Running { attempt, since, started_at, .. } => {
                (attempt, AttemptStatus::Running, since, Some(started_at))
            }
            _ => return None,
        };
        Some(Self {
            attempt,
            status,
            launched_at,
            started_at,
            ended_at: None,
            cause: None,
            message: None,
        })
    }
}
