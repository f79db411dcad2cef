//! What all parts of a research share.

use agent_runner_domain::{event::StepStatus, job::CauseKind};
use agent_runner_llm::{Request, Response, StopReason, Usage};
use serde::{Serialize, de::DeserializeOwned};

use super::Payload;
use crate::{Context, Stop, model_payload::notice};

pub(super) struct Desk<'a> {
    pub(super) payload: &'a Payload,
    pub(super) model: String,
    pub(super) context: &'a Context,
}

impl Desk<'_> {
    /// A call of the depth that is wanted. `role` is what the model is to be; the payload may add to it.
    pub(super) fn request(&self, role: &str) -> Request {
        let Payload { depth, system, .. } = self.payload;
        let mut request = Request::new(&self.model, depth.max_tokens());
        request.effort = depth.effort();
        request.system = Some(match system {
            Some(more) => format!("{role}\n\n{more}"),
            None => role.to_owned(),
        });
        request
    }

    /// What people should know of an answer before they use it; `None`: it is whole.
    pub(super) fn notice(&self, response: &Response) -> Option<String> {
        let max_tokens = self.payload.depth.max_tokens();
        if response.stop_reason == StopReason::MaxTokens {
            return Some(format!(
                "the answer is cut off after {max_tokens} tokens; a greater `depth` allows longer ones"
            ));
        }
        notice(response, max_tokens)
    }

    /// Does a part of the work once in all attempts, and tells how it goes. `about` is what it is, for people.
    pub(super) async fn step<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        about: Option<String>,
        work: impl Future<Output = Result<T, Stop>>,
    ) -> Result<T, Stop> {
        let events = &self.context.events;
        if let Some(kept) = self.context.recorded(name).await? {
            events.step(name, StepStatus::Resumed, None).await;
            return Ok(kept);
        }
        events.step(name, StepStatus::Begun, about).await;
        let ended = work.await;
        match &ended {
            Ok(outcome) => {
                self.context.record(name, outcome).await?;
                events.step(name, StepStatus::Done, None).await;
            }
            Err(Stop::Failed(failure)) if failure.kind != CauseKind::Interrupted => {
                events.step(name, StepStatus::Failed, Some(failure.message.clone())).await;
            }
            Err(_) => {}
        }
        ended
    }

    /// Of all parts: the plan, the questions, the synthesis.
    pub(super) async fn progress(&self, parts_done: u32, message: String) {
        let parts = self.payload.questions + 2;
        let fraction = f64::from(parts_done) / f64::from(parts);
        self.context.events.progress(Some(fraction), message).await;
    }
}

/// Counts what a part has used.
pub(super) fn add(sum: &mut Option<Usage>, more: Option<&Usage>) {
    if let Some(more) = more {
        *sum.get_or_insert_default() += more;
    }
}
