//! What a worker may do.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{ArtifactInfo, ArtifactName, LaunchKey};
use crate::{
    JobId, Lease, RawJson,
    event::NewEvent,
    job::{LaunchRef, Verdict},
};

/// A worker's right to write for one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    pub key: LaunchKey,
    pub lease: Lease,
}

/// What a worker is to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    pub job_id: JobId,
    pub job_type: String,
    pub attempt: u32,
    pub payload: RawJson,
    /// The results of the jobs that this one depends on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<JobId, RawJson>,
    /// The handler may run this long from now.
    pub timeout_ms: u64,
    /// Say [`WorkerLink::heartbeat`] this often.
    pub heartbeat_ms: u64,
    /// Between telling the handler to stop and killing it.
    pub grace_ms: u64,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    Continue,
    /// Nobody waits for this attempt any more: stop the handler and exit.
    Stop,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The attempt is over for everybody else. Stop and exit; nothing that is said will be heard.
    #[error("the attempt no longer holds the job")]
    LeaseLost,
    /// It may work later, and repeating is safe.
    #[error("the link is unavailable: {0}")]
    Unavailable(String),
    /// What was sent can never be accepted.
    #[error("refused: {0}")]
    Refused(String),
}

/// A worker's side of the protocol, for one ticket. Every call may be repeated when its reply was lost.
#[async_trait]
pub trait WorkerLink: Send + Sync {
    /// "I run": makes the job RUNNING and hands over the assignment. `launch` is the worker's own name for
    /// itself, which a later orchestrator finds it by.
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError>;

    /// "I live."
    async fn heartbeat(&self) -> Result<Instruction, LinkError>;

    /// Appends events. `first` counts from 1 within the attempt, without gaps.
    async fn append(&self, first: u64, events: Vec<NewEvent>) -> Result<(), LinkError>;

    async fn put_artifact(
        &self,
        name: &ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, LinkError>;

    /// The last word: verdict, result (where it succeeded) and the last events, numbered from `first`.
    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError>;
}
