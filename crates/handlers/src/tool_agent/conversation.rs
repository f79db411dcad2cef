//! The loop between a model and its tools.

use agent_runner_domain::{
    JobId,
    job::{CauseKind, Failure},
};
use agent_runner_llm::{Message, Request, Response, Role, StopReason, Tool, ToolChoice, ToolUse};
use futures::{StreamExt, stream};

use super::{
    calls::{Called, Ended, ToolCalls},
    progress::Progress,
};
use crate::{Context, Stop, context::Models, tools::Toolbox};

/// Tools that run beside each other.
const PARALLEL_MAX: usize = 8;

/// How often the model may be asked until a user retries the job, which then goes on with as many again.
#[derive(Clone, Copy)]
pub(crate) struct Turns {
    pub(crate) max: u32,
    /// What a user can do for more of them.
    pub(crate) more: &'static str,
}

/// One conversation. What it has come to is there however it ends.
pub(crate) struct Conversation<'a> {
    context: &'a Context,
    models: Models<'a>,
    toolbox: Option<&'a Toolbox<'a>>,
    request: Request,
    turns: Turns,
    /// Before the keys of its steps.
    prefix: String,
    ends_in_words: bool,
    progress: Progress,
}

impl<'a> Conversation<'a> {
    /// `request` has the first messages and no tools.
    pub(crate) fn new(
        context: &'a Context,
        toolbox: Option<&'a Toolbox<'a>>,
        mut request: Request,
        turns: Turns,
    ) -> Self {
        let tools = toolbox.into_iter().flat_map(Toolbox::definitions).map(|tool| Tool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            input_schema: tool.input_schema.clone(),
            strict: false,
        });
        request.tools = tools.collect();
        Self {
            context,
            models: context.models(),
            toolbox,
            request,
            turns,
            prefix: String::new(),
            ends_in_words: false,
            progress: Progress::default(),
        }
    }

    /// For several conversations in one job: what tells the steps of this one apart, and whether its words are for
    /// people.
    pub(crate) fn called(self, prefix: impl Into<String>, models: Models<'a>) -> Self {
        Self { prefix: prefix.into(), models, ..self }
    }

    /// In the last of its turns the model may call no tools, so that it has to say what it has found.
    pub(crate) fn ending_in_words(self) -> Self {
        Self { ends_in_words: true, ..self }
    }

    /// Until the model has nothing more to ask of its tools: its last answer.
    ///
    /// # Errors
    /// When the model cannot be asked, wants more turns than it may have, or waits for jobs.
    pub(crate) async fn run(&mut self) -> Result<Response, Stop> {
        let part = format!("{}turns", self.prefix);
        let round = self.context.round(&part).await?;
        let turns_max = self.turns.max.saturating_mul(round + 1);
        loop {
            let turn = self.progress.turns + 1;
            if turn > turns_max {
                self.context.lose_round(&part, round).await?;
                return Err(self.too_long().into());
            }
            if turn == turns_max && self.ends_in_words {
                self.request.tool_choice = ToolChoice::None;
            }
            let key = format!("{}turn/{turn}", self.prefix);
            let response = self.models.ask(&key, self.request.clone()).await?;
            self.progress.add(&response);
            let calls: Vec<&ToolUse> = response.tool_uses().collect();
            let paused = response.stop_reason == StopReason::PauseTurn;
            if !paused && (calls.is_empty() || !wants_tools(&response.stop_reason)) {
                return Ok(response);
            }
            if !response.content.is_empty() {
                self.request.messages.push(response.to_message());
            }
            if !calls.is_empty() && turn < turns_max {
                let answers = self.answer(&key, &calls).await?;
                self.request.messages.push(answers);
            }
        }
    }

    pub(crate) fn into_progress(self) -> Progress {
        self.progress.shortened()
    }

    /// Runs the tools, several at once, and puts their answers in the order of the calls.
    async fn answer(&mut self, turn: &str, calls: &[&ToolUse]) -> Result<Message, Stop> {
        let tools = ToolCalls { context: self.context, toolbox: self.toolbox };
        let running = calls.iter().enumerate().map(|(index, call)| {
            let key = format!("{turn}/tool/{}", index + 1);
            tools.make(key, call)
        });
        let ended: Vec<_> = stream::iter(running).buffered(PARALLEL_MAX).collect().await;
        let (mut content, mut open) = (Vec::new(), Vec::<JobId>::new());
        for ended in ended {
            match ended? {
                Ended::Called(Called { shown, block }) => {
                    self.progress.tool_calls.push(shown);
                    content.push(block);
                }
                Ended::Waits(jobs) => open.extend(jobs),
            }
        }
        if !open.is_empty() {
            open.sort();
            open.dedup();
            return Err(Stop::Waiting(open));
        }
        Ok(Message { role: Role::User, content })
    }

    fn too_long(&self) -> Failure {
        let Turns { max, more } = self.turns;
        let message = format!(
            "the model was not done after {} turns; retry the job and it goes on from there with {max} more, or {more} \
             or ask for less in a new one",
            self.progress.turns
        );
        Failure::lasting(CauseKind::HandlerError, message)
    }
}

/// A call of an answer that was cut off may lack its end. Servers differ in what they call an answer with calls.
fn wants_tools(reason: &StopReason) -> bool {
    !matches!(
        reason,
        StopReason::MaxTokens | StopReason::Refusal | StopReason::ContextWindowExceeded
    )
}
