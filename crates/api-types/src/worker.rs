//! What a worker and its orchestrator say to each other over HTTP.
//!
//! Every request carries `Authorization: Bearer <lease>`, `x-job-id` and `x-attempt`, and is a POST of JSON unless
//! it moves a file. The answers are those of the domain's worker link, as JSON; nothing (204) where it has none, or
//! where a file that is asked for does not exist. A problem with status 409 means that the attempt no
//! longer holds the job, 400, 413 or 422 that what was sent can never be accepted, anything else that it may work
//! later. All requests may be repeated.

mod calls;

use agent_runner_domain::{
    RawJson,
    event::NewEvent,
    job::{LaunchRef, Verdict},
};
use serde::{Deserialize, Deserializer, Serialize};

pub use self::calls::{
    LOOK, LookRequest, RECORD_STEP, RESERVE, RecordStepRequest, ReserveRequest, SETTING, SETTLE,
    STEP_BODY_BYTES_MAX, STEPS, SUBMIT, SUBMIT_BODY_BYTES_MAX, SettingAnswer, SettingRequest,
    SettleRequest, StepsRequest, SubmitRequest,
};

pub const START: &str = "/worker/v1/start";
pub const HEARTBEAT: &str = "/worker/v1/heartbeat";
pub const EVENTS: &str = "/worker/v1/events";
pub const FINISH: &str = "/worker/v1/finish";
/// Followed by `/` and the percent-encoded name. A PUT; the file's bytes are the body.
pub const ARTIFACTS: &str = "/worker/v1/artifacts";
/// Followed by `/JOB/` and the percent-encoded name. A GET; the file's bytes are the answer.
pub const FILES: &str = "/worker/v1/files";

pub const JOB_ID_HEADER: &str = "x-job-id";
pub const ATTEMPT_HEADER: &str = "x-attempt";

/// The largest result that a worker sends.
pub const RESULT_BYTES_MAX: usize = 5 * 1024 * 1024;
/// The largest artifact that a worker sends.
pub const ARTIFACT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What an orchestrator must accept as the body of any other request: a result and a batch of events.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// "I run."
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    /// The worker's own name for itself.
    #[serde(default)]
    pub launch: Option<LaunchRef>,
}

/// "I live."
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatRequest {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    pub instruction: WorkerInstruction,
}

/// What the worker is to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerInstruction {
    Continue,
    Stop,
}

/// Events in their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsRequest {
    /// The number of the first of them; an attempt's events count from 1, without gaps.
    pub first: u64,
    pub events: Vec<NewEvent>,
}

/// The last word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinishRequest {
    pub verdict: Verdict,
    /// With a success only. `null` is a result too, so what is absent is left out.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub result: Option<RawJson>,
    pub first: u64,
    pub events: Vec<NewEvent>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RawJson>, D::Error> {
    RawJson::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::job::{CauseKind, Failure};

    use super::*;

    #[test]
    fn a_last_word_survives_the_wire() {
        let failure = Failure::passing(CauseKind::HandlerError, "it said no");
        let said = [
            (Verdict::Succeeded, Some("{\"a\": 1}")),
            (Verdict::Succeeded, Some("null")),
            (Verdict::Failed(failure), None),
        ];
        for (verdict, result) in said {
            let result = result.map(|text| RawJson::parse(text.to_owned()).unwrap());
            let sent = FinishRequest { verdict, result, first: 1, events: Vec::new() };
            let text = serde_json::to_string(&sent).unwrap();
            assert_eq!(serde_json::from_str::<FinishRequest>(&text).unwrap(), sent);
        }
    }
}
