//! What a client asks for.

use std::{collections::BTreeMap, time::Duration};

use agent_runner_domain::{
    JobId, Money, RawJson, Timestamp,
    job::{Backoff, JobSpec, Priority},
};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::{
    Fault, ResourcesView, Unreadable,
    fields::{Faults, Fields},
    schema, submit_fields as read,
};

/// A job to be run. Everything but `job_type` has a default; a `null` counts as left out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitJob {
    /// Which handler runs it; `GET /job-types` lists them.
    #[schema(max_length = 100)]
    pub job_type: String,
    /// What the handler works on; must satisfy the job type's schema. `{}` when left out.
    #[schema(value_type = schema::AnyJson, required = false)]
    pub payload: RawJson,
    /// 1 (last) to 10 (first), or low (2), normal (5), high (8).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "priority_number")]
    #[schema(value_type = Option<schema::Priority>)]
    pub priority: Option<Priority>,
    /// How many failures of its own the job survives, the last one included; 3 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub max_attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backoff: Option<BackoffRequest>,
    /// How long one attempt may run; an hour when left out, a week at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.001, maximum = 604_800)]
    pub timeout_seconds: Option<f64>,
    /// Not to be started before this. At most a year ahead; up to five minutes past counts as now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Timestamp>)]
    pub run_at: Option<Timestamp>,
    /// Not to be started before that many seconds have passed. Not together with `run_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 31_622_400)]
    pub delay_seconds: Option<f64>,
    /// Jobs that must succeed first; their results become this job's inputs. In a bulk, `#name` is the job
    /// with that `ref`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<schema::JobId>>, max_items = 1_000)]
    pub depends_on: Vec<Dependency>,
    /// Called when the job has ended, signed by the Standard Webhooks convention.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2_048, pattern = "^https?://[^/@]+")]
    pub callback_url: Option<String>,
    /// Your own labels, to find jobs by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub tags: BTreeMap<String, String>,
    /// What its model calls and those of all jobs that it starts may cost together, in dollars. As much as they
    /// like when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.000_001, maximum = 1_000_000_000)]
    pub budget_usd: Option<f64>,
    /// What it asks of its worker's machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourcesView>,
    /// The job that this one belongs to, to find it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::JobId>)]
    pub parent: Option<JobId>,
    /// This job's name within its bulk.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub reference: Option<String>,
}

/// How long to wait between attempts: `initial · factorⁿ`, at most `max`, less a random part of up to `jitter`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackoffRequest {
    /// 1 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 86_400)]
    pub initial_seconds: Option<f64>,
    /// 2 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub factor: Option<f64>,
    /// 300 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 604_800)]
    pub max_seconds: Option<f64>,
    /// 0 (none) to 1 (anything down to nothing); 0.5 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub jitter: Option<f64>,
}

/// A job that another one depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dependency {
    Job(JobId),
    /// The `ref` of another job of the same bulk, written `#ref`.
    Reference(String),
}

impl Serialize for Dependency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Job(id) => id.serialize(serializer),
            Self::Reference(name) => serializer.collect_str(&format_args!("#{name}")),
        }
    }
}

/// Where a submission stands: only jobs of one bulk can name each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Single,
    BulkLine,
}

/// What a submission is judged by besides its own text.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub form: Form,
    pub now: Timestamp,
    pub allow_private_callbacks: bool,
}

impl SubmitJob {
    /// A job of this type with every default.
    #[must_use]
    pub fn new(job_type: impl Into<String>, payload: RawJson) -> Self {
        Self {
            job_type: job_type.into(),
            payload,
            priority: None,
            max_attempts: None,
            backoff: None,
            timeout_seconds: None,
            run_at: None,
            delay_seconds: None,
            depends_on: Vec::new(),
            callback_url: None,
            tags: BTreeMap::new(),
            budget_usd: None,
            resources: None,
            parent: None,
            reference: None,
        }
    }

    /// # Errors
    /// [`Unreadable`], with every fault.
    pub fn parse(body: &str, rules: &Rules) -> Result<Self, Unreadable> {
        match Self::parse_lenient(body, rules)? {
            (job, faults) if faults.is_empty() => Ok(job),
            (_, faults) => Err(Unreadable::Faults(faults)),
        }
    }

    /// The job and its faults, for whoever looks for more of them. With faults, the job is not to be used.
    ///
    /// # Errors
    /// When the body is no JSON object.
    pub fn parse_lenient(body: &str, rules: &Rules) -> Result<(Self, Vec<Fault>), Unreadable> {
        let mut faults = Faults::default();
        let fields = Fields::of(body, &mut faults)?;
        let job = read::submission(fields, rules, &mut faults);
        Ok((job, faults.0))
    }

    /// What is stored of it, beside the payload. Without the jobs of its bulk, which have no ids yet.
    #[must_use]
    pub fn spec(&self) -> JobSpec {
        let mut spec = JobSpec::of_type(self.job_type.as_str());
        spec.priority = self.priority.unwrap_or_default();
        spec.max_attempts = self.max_attempts.unwrap_or(spec.max_attempts);
        spec.backoff = self.backoff.unwrap_or_default().policy();
        spec.timeout_ms = self.timeout_seconds.map_or(spec.timeout_ms, millis);
        let job = |on: &Dependency| match on {
            Dependency::Job(id) => Some(*id),
            Dependency::Reference(_) => None,
        };
        spec.depends_on = self.depends_on.iter().filter_map(job).collect();
        spec.callback_url.clone_from(&self.callback_url);
        spec.tags.clone_from(&self.tags);
        spec.parent = self.parent;
        spec.budget = self.budget_usd.and_then(Money::from_dollars);
        spec.resources = self.resources.unwrap_or_default().resources();
        spec
    }

    /// The jobs of the same bulk that it depends on, by their `ref`.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        let name = |on: &Dependency| match on {
            Dependency::Job(_) => None,
            Dependency::Reference(name) => Some(name.clone()),
        };
        self.depends_on.iter().filter_map(name).collect()
    }

    /// The earliest start, where one was asked for.
    #[must_use]
    pub fn not_before(&self, now: Timestamp) -> Option<Timestamp> {
        let delay = self.delay_seconds.filter(|seconds| *seconds > 0.0);
        self.run_at
            .or_else(|| delay.map(|seconds| now.plus(Duration::from_millis(millis(seconds)))))
    }
}

impl BackoffRequest {
    fn policy(self) -> Backoff {
        let default = Backoff::default();
        Backoff {
            initial_ms: self.initial_seconds.map_or(default.initial_ms, millis),
            factor: self.factor.unwrap_or(default.factor),
            max_ms: self.max_seconds.map_or(default.max_ms, millis),
            jitter: self.jitter.unwrap_or(default.jitter),
        }
    }
}

/// Moves a job in line while it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePriority {
    #[serde(serialize_with = "level_number")]
    #[schema(value_type = schema::Priority)]
    pub priority: Priority,
}

impl ChangePriority {
    /// # Errors
    /// [`Unreadable`], with every fault.
    pub fn parse(body: &str) -> Result<Self, Unreadable> {
        let mut faults = Faults::default();
        let mut fields = Fields::of(body, &mut faults)?;
        let priority = read::priority_change(&mut fields, &mut faults);
        fields.refuse_rest(&["priority"], &mut faults);
        match priority {
            Some(priority) if faults.0.is_empty() => Ok(Self { priority }),
            _ => Err(Unreadable::Faults(faults.0)),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be positive and at most a year"
)]
fn millis(seconds: f64) -> u64 {
    (seconds * 1_000.0).round() as u64
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes the field as it is"
)]
fn priority_number<S: Serializer>(
    priority: &Option<Priority>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    priority.map(Priority::get).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field as it is")]
fn level_number<S: Serializer>(priority: &Priority, serializer: S) -> Result<S::Ok, S::Error> {
    priority.get().serialize(serializer)
}
