//! What a worker may do.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    ArtifactInfo, ArtifactName, CallKey, Charge, ChildOrder, ChildView, LaunchKey, Ordered,
    Reserved, Secret,
};
use crate::{
    JobId, Lease, Money, RawJson,
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
    /// How often a user has retried the job after it had ended.
    #[serde(default)]
    pub retries: u32,
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

/// A model call that a worker is about to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendAsk {
    pub provider: String,
    pub model: String,
    /// The most that it can cost; `None`: the model has no price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Money>,
}

impl SpendAsk {
    /// Of the provider's and of the model's name.
    pub const NAME_BYTES_MAX: usize = 200;
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

    /// Asks to make a model call: the `call`-th of this attempt, counted from 1. Only after
    /// [`Reserved::Granted`] may it be made. It counts on the accounts of the job, of each of its ancestors and of
    /// its tenant's day. A repeated number that was granted is granted again.
    async fn reserve(&self, call: u32, ask: SpendAsk) -> Result<Reserved, LinkError>;

    /// Says what a granted call did cost. For any call of the own job, in this attempt or an earlier one, and also
    /// when the attempt has lost the job meanwhile: what was spent was spent. The last word on a call counts.
    async fn settle(&self, call: CallKey, charge: Charge) -> Result<(), LinkError>;

    /// Remembers that a step was done, and its outcome, for later attempts of the job. The first value of a key
    /// stays. Refused: a key that is empty or over 200 bytes, a value over 8 MiB.
    async fn record_step(&self, key: &str, value: RawJson) -> Result<(), LinkError>;

    /// All steps of the job, of earlier attempts too, in the order in which they were recorded.
    async fn steps(&self) -> Result<Vec<(String, RawJson)>, LinkError>;

    /// A key or setting of the operator's that handlers need, by name. `None`: it is not set. Refused: a name that
    /// handlers may not ask for.
    async fn setting(&self, name: &str) -> Result<Option<Secret>, LinkError>;

    /// A file of any job of the same tenant, as the newest attempt left it that has it. `None`: there is no such
    /// file, or the job is not the tenant's.
    async fn get_artifact(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, LinkError>;

    /// Starts jobs as children of this one and answers for each order; at most [`ChildOrder::COUNT_MAX`].
    /// An accepted child is durable and outlives this attempt; the same key is the same child.
    async fn submit(&self, orders: Vec<ChildOrder>) -> Result<Vec<Ordered>, LinkError>;

    /// Jobs of the own family (those with the same root) as they are, in the given order; `None` for others. At
    /// most [`ChildOrder::COUNT_MAX`]; results that are too large together are left out, see
    /// [`ChildView::result_left_out`].
    async fn look(&self, jobs: Vec<JobId>) -> Result<Vec<Option<ChildView>>, LinkError>;

    /// The last word: verdict, result (where it succeeded) and the last events, numbered from `first`.
    /// [`Verdict::Waiting`] is refused unless it names children of the job, 1 to [`ChildOrder::COUNT_MAX`].
    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError>;
}
