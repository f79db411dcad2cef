//! Why the engine did not do what it was asked.

use agent_runner_domain::{
    JobId,
    job::{Refused, Status},
    ports::{ArtifactError, LedgerError, LinkError, QueueError, StoreError},
};

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer into the submission: `/payload/message`.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Fault {
    #[must_use]
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// A variant exists for each thing that a caller does next.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no such job for this tenant.
    #[error("there is no job {0}")]
    JobNotFound(JobId),
    #[error("there is no artifact {0}")]
    ArtifactNotFound(String),
    /// The submission names a job type that does not exist.
    #[error("there is no job type {given:?}; there are: {known}")]
    UnknownJobType { given: String, known: String },
    /// The submission is wrong in these places. Nothing was stored.
    #[error("the submission has {} faults", .0.len())]
    Invalid(Vec<Fault>),
    /// The idempotency key was used with another body, for this job.
    #[error("the idempotency key was used before, with another body, for {0}")]
    KeyTaken(JobId),
    /// The job has no result yet.
    #[error("the job is {0}; it has no result yet")]
    NotFinished(Status),
    /// The job ended without a result.
    #[error("the job ended as {0}; it has no result")]
    NoResult(Status),
    /// The job does not go that way.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It may work later. Whether anything was stored is not known.
    #[error("{0}")]
    Unavailable(String),
    /// Stored data cannot be read.
    #[error("{0}")]
    Corrupt(String),
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.to_string()),
            StoreError::Corrupt(_) => Self::Corrupt(error.to_string()),
        }
    }
}

impl From<QueueError> for EngineError {
    fn from(error: QueueError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<LedgerError> for EngineError {
    fn from(error: LedgerError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ArtifactError> for EngineError {
    fn from(error: ArtifactError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<EngineError> for LinkError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::JobNotFound(_) | EngineError::Refused(_) => Self::LeaseLost,
            other => Self::Unavailable(other.to_string()),
        }
    }
}
