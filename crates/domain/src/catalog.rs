//! What kinds of job there are, as data: the orchestrator checks payloads by it, the worker runs what it names.

use serde_json::Value;

/// One kind of job. Filled from the handler's own code; see the `handlers` crate.
#[derive(Debug, Clone)]
pub struct JobType {
    /// The `job_type` of a submission: `echo`.
    pub name: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    /// Makes the JSON Schema (2020-12) that every payload must satisfy at submission.
    pub payload_schema: fn() -> Value,
    /// Makes a payload that works, for documentation.
    pub example: fn() -> Value,
}

/// What is wrong with a payload that its schema lets pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadFault {
    /// Where, as a JSON pointer into the payload: `/files`. Empty for the payload itself.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// How the code behind the job types reads a payload: schemas cannot say everything, so that what passes
/// here as well never becomes a job that cannot run.
pub type ReadPayload = fn(job_type: &str, payload: &Value) -> Result<(), PayloadFault>;
