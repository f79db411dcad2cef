//! The other answers of the API.

use agent_runner_domain::{JobId, catalog::JobType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{JobView, Problem, schema};

/// What became of each job of a bulk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulkAnswer {
    pub accepted: usize,
    pub refused: usize,
    /// One per job, in the given order.
    pub lines: Vec<BulkLine>,
}

/// What became of one job of a bulk: a job or a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BulkLine {
    /// The line in NDJSON, or the place in the array; from 1.
    pub line: usize,
    /// What a request of its own would have been answered with: 201, 200 or the problem's.
    pub status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub job: Option<JobView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub problem: Option<Problem>,
}

/// A job's situation in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExplanationView {
    #[schema(value_type = schema::JobId)]
    pub job_id: JobId,
    /// One or two sentences.
    pub summary: String,
    /// What would help, if anything has to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub fix: Option<String>,
    /// How it came to this, oldest first.
    pub details: Vec<String>,
}

/// One kind of job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobTypeView {
    /// The `job_type` of a submission.
    pub job_type: String,
    /// One sentence for people.
    pub summary: String,
    /// A JSON Schema (2020-12) that every payload must satisfy.
    #[schema(value_type = Object)]
    pub payload_schema: Value,
    /// A payload that works.
    #[schema(value_type = schema::AnyJson)]
    pub example: Value,
}

/// All kinds of job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobTypeList {
    pub job_types: Vec<JobTypeView>,
}

/// A provider of models, as it was set up when the server started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderView {
    /// As in `provider/model`.
    pub name: String,
    /// The variable or secret that holds its key.
    pub key_name: String,
    pub has_key: bool,
    /// It runs on one's own machine, costs nothing and may want no key.
    pub is_local: bool,
}

/// The providers that are known by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderList {
    pub providers: Vec<ProviderView>,
}

/// The server is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
    pub version: String,
    /// Only where the server was started as a demonstration: a simulator plays the models.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schema(required = false)]
    pub demo: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl From<&JobType> for JobTypeView {
    fn from(kind: &JobType) -> Self {
        Self {
            job_type: kind.name.to_owned(),
            summary: kind.summary.to_owned(),
            payload_schema: (kind.payload_schema)(),
            example: (kind.example)(),
        }
    }
}
