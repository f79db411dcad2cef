//! What was promised and said in this world, apart from what the engine has stored of it.

use std::collections::{BTreeMap, BTreeSet};

use agent_runner_domain::{
    JobId, Lease, Money, RawJson,
    job::Verdict,
    ports::{CallKey, Idempotency, LaunchKey},
};
use agent_runner_engine::jobs::Draft;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::world::{Millis, World};

#[derive(Default)]
pub(crate) struct Ledger {
    /// Jobs that a user was told are accepted.
    pub(crate) accepted: Vec<JobId>,
    /// Drafts with a key, for users who repeat themselves.
    pub(crate) drafts: Vec<Draft>,
    keys_made: usize,
    /// Which job a key was said to be.
    pub(crate) keys: BTreeMap<String, ([u8; 32], JobId)>,
    /// How often users have asked for a retry, answered or not.
    pub(crate) retries: BTreeMap<JobId, u32>,
    /// The lease of every attempt that was stored.
    pub(crate) leases: BTreeMap<LaunchKey, Lease>,
    pub(crate) results: BTreeMap<LaunchKey, RawJson>,
    pub(crate) verdicts: BTreeMap<LaunchKey, Verdict>,
    /// Lines that a worker was told are stored.
    pub(crate) lines: BTreeMap<LaunchKey, u64>,
    /// What was recorded first under each name, of each job.
    pub(crate) steps: BTreeMap<(JobId, String), Step>,
    /// Attempts whose workers write to the store themselves and carry out no effects.
    pub(crate) direct: BTreeSet<LaunchKey>,
    pub(crate) deliveries: BTreeMap<String, Delivered>,
    /// When a job's message was last handed out.
    pub(crate) received: BTreeMap<JobId, Millis>,
}

/// What arrived at a receiver under one id.
pub(crate) struct Delivered {
    pub(crate) body: RawJson,
    pub(crate) times: u32,
    pub(crate) accepted: bool,
}

pub(crate) struct Step {
    /// The attempt that recorded it.
    pub(crate) attempt: u32,
    pub(crate) value: RawJson,
    pub(crate) answer: Answer,
}

/// What an agent records of a model call.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) call: CallKey,
    pub(crate) cost: Option<Money>,
}

impl Answer {
    pub(crate) fn read(value: &RawJson) -> Self {
        serde_json::from_str(value.get()).expect("agents record nothing else")
    }

    pub(crate) fn json(&self) -> RawJson {
        RawJson::from(&json!(self))
    }
}

impl Ledger {
    pub(crate) fn new_key(&mut self) -> Idempotency {
        self.keys_made += 1;
        Idempotency { key: format!("key-{}", self.keys_made), fingerprint: [1; 32] }
    }

    pub(crate) fn may_retry(&mut self, id: JobId) {
        *self.retries.entry(id).or_default() += 1;
    }

    pub(crate) fn said(&mut self, key: LaunchKey, verdict: &Verdict, result: Option<&RawJson>) {
        self.verdicts.insert(key, verdict.clone());
        if let Some(result) = result {
            self.results.insert(key, result.clone());
        }
    }
}

impl World {
    pub(crate) fn any_job(&mut self) -> Option<JobId> {
        let count = self.ledger.accepted.len();
        (count > 0).then(|| self.ledger.accepted[self.rng.usize(..count)])
    }
}
