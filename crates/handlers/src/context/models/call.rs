//! One call, from the reservation to the record.

mod listen;
mod reserve;

use std::time::Duration;

use agent_runner_domain::{
    event::{LogStream, StepStatus},
    job::{CauseKind, Failure},
    ports::{CallKey, Charge},
};
use agent_runner_llm::{Error, Request, Response, Spent};
use serde::{Deserialize, Serialize};

use super::{
    bound,
    charge::{self, Bill},
    route::Route,
    speech::Speech,
    trouble,
};
use crate::Context;

/// What is recorded of a call.
#[derive(Serialize, Deserialize)]
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) call: CallKey,
    pub(super) charge: Charge,
}

pub(super) struct Call<'a> {
    context: &'a Context,
    key: &'a str,
    route: &'a Route,
    request: &'a Request,
    speaks: bool,
    /// The reservation of the try under way.
    number: u32,
    /// At most so many, as far as is known.
    prompt_tokens: u64,
    speech: Speech,
    /// What the try under way has used, as far as it was heard; `None`: nothing was heard.
    heard: Option<Spent>,
}

/// What a failed try means for the money that is held for it.
#[derive(PartialEq, Eq)]
enum Held {
    /// Nothing was spent of it.
    Still,
    /// It was settled, or nobody knows.
    NoMore,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        context: &'a Context,
        key: &'a str,
        route: &'a Route,
        request: &'a Request,
        speaks: bool,
    ) -> Self {
        let prompt_tokens = bound::prompt_tokens_max(request);
        let (speech, heard) = (Speech::new(), None);
        Self { context, key, route, request, speaks, number: 0, prompt_tokens, speech, heard }
    }

    pub(super) async fn run(mut self) -> Result<Response, Failure> {
        self.reserve().await?;
        let response = self.listen().await?;
        self.conclude(response).await
    }

    fn call_key(&self) -> CallKey {
        CallKey { job: self.context.job_id, attempt: self.context.attempt, call: self.number }
    }

    /// Both at once: whichever is lost with the worker, the other tells later what there was.
    async fn conclude(&mut self, response: Response) -> Result<Response, Failure> {
        let bill = Bill::of_answer(self.route, self.request, &response);
        let answered = Answered { response, call: self.call_key(), charge: bill.charge() };
        let (recorded, settled) = tokio::join!(
            self.context.record(self.key, &answered),
            charge::settle(self.context, answered.call, answered.charge.clone()),
        );
        self.context.events.send(bill.event(self.key, self.route.provider.name)).await;
        recorded.and(settled).map(|()| answered.response)
    }

    /// A try has failed and another follows after `pause`.
    async fn try_again(&mut self, error: &Error, pause: Duration) -> Result<(), Failure> {
        self.speech.tell(&self.context.events).await;
        let has_written = self.heard.take().is_some_and(|heard| heard.streamed_chars > 0);
        let void = if has_written { "; what it had written is void" } else { "" };
        let message = format!("{error}{void}; asked again in {:.1} s", pause.as_secs_f64());
        self.context.events.step(self.key, StepStatus::Failed, Some(message)).await;
        match self.count(error).await {
            Held::Still => Ok(()),
            Held::NoMore => self.reserve().await,
        }
    }

    /// Nothing more is tried.
    async fn fail(&mut self, error: Error) -> Failure {
        self.speech.tell(&self.context.events).await;
        if self.count(&error).await == Held::Still {
            self.settle(charge::nothing(&self.route.model)).await;
        }
        trouble::explain(self.route, error).await
    }

    /// The job is to end: so does the call, and what was heard of it is paid.
    async fn stop(&mut self) -> Failure {
        self.speech.tell(&self.context.events).await;
        match self.heard.take() {
            Some(spent) => self.pay(&spent).await,
            None => self.leave_held().await,
        }
        let message = format!("the call `{}` was stopped", self.key);
        Failure::passing(CauseKind::Interrupted, message)
    }

    async fn count(&self, error: &Error) -> Held {
        if let Some(spent) = &error.spent {
            self.pay(spent).await;
            return Held::NoMore;
        }
        if error.outcome_is_unknown() {
            self.leave_held().await;
            return Held::NoMore;
        }
        Held::Still
    }

    async fn pay(&self, spent: &Spent) {
        let bill = Bill::of_spent(self.route, self.request, spent);
        self.settle(bill.charge()).await;
        self.context.events.send(bill.event(self.key, self.route.provider.name)).await;
    }

    /// A failure to settle is no reason to fail otherwise: the money stays held.
    async fn settle(&self, charge: Charge) {
        if let Err(failure) = charge::settle(self.context, self.call_key(), charge).await {
            self.remark(failure.message).await;
        }
    }

    async fn leave_held(&self) {
        let line = format!(
            "nobody knows what the call `{}` did cost: its money stays held in the budget",
            self.key
        );
        self.remark(line).await;
    }

    async fn remark(&self, line: String) {
        self.context.events.log(LogStream::Worker, line).await;
    }
}
