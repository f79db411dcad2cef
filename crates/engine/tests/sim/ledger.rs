//! What was promised and said in this world, apart from what the engine has stored of it.

use std::collections::BTreeMap;

use agent_runner_domain::{
    JobId, Lease, RawJson,
    job::Verdict,
    ports::{Idempotency, LaunchKey},
};
use agent_runner_engine::jobs::Draft;

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
