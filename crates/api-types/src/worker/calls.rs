//! What a handler wants of its orchestrator while it runs: money, memory, settings, other jobs.
//!
//! What stands inside is written as the domain writes it; types that only its ports know are parameters here.

use agent_runner_domain::{JobId, RawJson};
use serde::{Deserialize, Serialize};

pub const RESERVE: &str = "/worker/v1/reserve";
pub const SETTLE: &str = "/worker/v1/settle";
pub const RECORD_STEP: &str = "/worker/v1/record-step";
pub const STEPS: &str = "/worker/v1/steps";
pub const SETTING: &str = "/worker/v1/setting";
pub const SUBMIT: &str = "/worker/v1/submit";
pub const LOOK: &str = "/worker/v1/look";

/// The largest body of a step: a value of 8 MiB, and what stands around it.
pub const STEP_BODY_BYTES_MAX: usize = 9 * 1024 * 1024;
/// The largest body with jobs that are submitted together.
pub const SUBMIT_BODY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A model call is about to be made; `ask` is a `SpendAsk`, the answer a `Reserved`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveRequest<Ask> {
    pub call: u32,
    pub ask: Ask,
}

/// A model call has ended; a `CallKey` and a `Charge`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettleRequest<Key, Charge> {
    pub call: Key,
    pub charge: Charge,
}

/// A step was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordStepRequest {
    pub key: String,
    pub value: RawJson,
}

/// "What was done before?" The answer is an array of pairs: a key and its value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepsRequest {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingRequest {
    pub name: String,
}

/// Without `Debug`: the value may be a key.
#[derive(Serialize, Deserialize)]
pub struct SettingAnswer {
    pub value: Option<String>,
}

/// Jobs to be started; `ChildOrder`s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest<Order> {
    pub orders: Vec<Order>,
}

/// "How are these?" The answer is an array of `ChildView`s, with `null` for jobs that are not of the family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookRequest {
    pub jobs: Vec<JobId>,
}
