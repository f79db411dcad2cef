//! Models, asked so that no call is lost and none is paid that was not allowed.
//!
//! A call is a durable step. Before it is made, the most that it can cost is reserved on all budgets that it counts
//! on; while the answer is written, it is told; afterwards the answer is recorded, and what was really spent is
//! settled. A worker that dies in between leaves the money held and the call unrecorded, never the other way round.

mod bound;
mod call;
mod charge;
mod route;
mod speech;
mod trouble;

use std::sync::atomic::AtomicBool;

use agent_runner_domain::{
    event::{LogStream, StepStatus},
    job::{CauseKind, Failure},
};
use agent_runner_llm::{Provider, Request, Response};

pub(super) use self::route::Switchboard;
use self::{
    call::{Answered, Call},
    route::Route,
};
use super::Context;

/// The model when neither the payload nor the operator names one.
pub const MODEL_DEFAULT: &str = "claude-sonnet-5-5";

const MODEL_SETTING: &str = "CLAUDE_MODEL";
const DEMO_SETTING: &str = "AGENT_RUNNER_DEMO";
const DEMO_NOTICE: &str =
    "demo: a simulator plays the models; nothing that they say is true, and nothing is paid";

/// All that a handler needs of language models.
#[derive(Clone, Copy)]
pub struct Models<'a> {
    context: &'a Context,
    speaks: bool,
}

impl Context {
    #[must_use]
    pub fn models(&self) -> Models<'_> {
        Models { context: self, speaks: true }
    }
}

impl Models<'_> {
    /// The same without text events: for answers that are no text for people, and calls beside each other.
    #[must_use]
    pub fn quietly(self) -> Self {
        Self { speaks: false, ..self }
    }

    /// The model to ask: the one that the payload names, else the operator's, else [`MODEL_DEFAULT`].
    ///
    /// # Errors
    /// When nothing tells whose the model is.
    pub async fn choose(&self, named: Option<&str>) -> Result<String, Failure> {
        // A handler may have steps of its own to tell before it asks.
        self.say_if_demo().await?;
        let (model, whence) = match named {
            Some(model) => (model.to_owned(), "`model` of the payload"),
            None => match self.context.setting(MODEL_SETTING).await? {
                Some(model) => (model.reveal().trim().to_owned(), "the setting `CLAUDE_MODEL`"),
                None => (MODEL_DEFAULT.to_owned(), "the default"),
            },
        };
        match Provider::of_model(&model) {
            Ok(_) => Ok(model),
            Err(error) => {
                let message = format!("{whence} cannot be used: {error}");
                Err(Failure::lasting(CauseKind::InvalidPayload, message))
            }
        }
    }

    /// Whether a simulator plays the models. The result of the job says so then: `"demo": true`.
    ///
    /// # Errors
    /// When the setting cannot be read.
    pub async fn is_demo(&self) -> Result<bool, Failure> {
        let demo = self.context.setting(DEMO_SETTING).await?;
        Ok(demo.is_some_and(|demo| !matches!(demo.reveal().trim(), "0" | "false")))
    }

    /// Asks a model, or returns what an earlier attempt was answered: `key` names the call within the job, and
    /// what it asks must follow from the payload and earlier steps alone.
    ///
    /// # Errors
    /// When the model cannot be asked or fails; when a budget has no room for the call, which is then not made;
    /// when the job is stopped. Whatever was spent until then is counted.
    pub async fn ask(&self, key: &str, request: Request) -> Result<Response, Failure> {
        if let Some(answered) = self.context.recorded::<Answered>(key).await? {
            return self.resume(key, answered).await;
        }
        self.say_if_demo().await?;
        let route = Route::find(self.context, &request.model).await?;
        let request = Request { model: route.model.clone(), ..request };
        Call::new(self.context, key, &route, &request, self.speaks).run().await
    }

    /// Settles once more: the earlier attempt may have died between recording and settling.
    async fn resume(&self, key: &str, answered: Answered) -> Result<Response, Failure> {
        charge::settle(self.context, answered.call, answered.charge).await?;
        self.context.events.step(key, StepStatus::Resumed, None).await;
        Ok(answered.response)
    }

    async fn say_if_demo(&self) -> Result<(), Failure> {
        use std::sync::atomic::Ordering::Relaxed;
        let said: &AtomicBool = &self.context.switchboard.demo_said;
        if self.is_demo().await? && !said.swap(true, Relaxed) {
            self.context.events.log(LogStream::Worker, DEMO_NOTICE).await;
        }
        Ok(())
    }
}
