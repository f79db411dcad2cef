//! `tool_agent`: a model that works with tools until it is done.
//!
//! The model is asked; the tools that it wants are run, several at once; what they say goes back to it; and so on
//! until it has nothing more to ask. Every answer and every call is a durable step, so an attempt that was
//! interrupted goes on where it was: nothing is paid twice, and what may have had an effect is not done again
//! behind the model's back.

mod calls;
mod conversation;
mod payload;
mod progress;

use agent_runner_domain::{Timestamp, catalog::PayloadFault, job::CauseKind};
use agent_runner_llm::{CacheFor, Request, Usage};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

pub use self::payload::Payload;
pub(crate) use self::{
    conversation::{Conversation, Turns},
    progress::{CalledTool, Progress},
};
use crate::{Context, Handler, Stop, model_payload::notice, tools::Toolbox};

pub struct ToolAgent;

#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The model's last words.
    response: String,
    /// The model that answered.
    model: String,
    /// `end_turn`, `max_tokens`, `refusal` and what else providers say.
    stop_reason: String,
    /// What is wrong with the answer: it was cut off or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// In the order in which the model wanted them. Long inputs and outputs are shortened.
    #[schemars(with = "Value")]
    tool_calls: Vec<CalledTool>,
    /// How often the model was asked.
    turns: u32,
    /// Tokens of all turns.
    #[schemars(with = "Value")]
    usage: Option<Usage>,
    /// Program, version, pid and host of the worker that finished it.
    processed_by: String,
    #[schemars(with = "String")]
    processed_at: Timestamp,
    /// A simulator played the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

impl Handler for ToolAgent {
    type Payload = Payload;
    type Output = Output;

    const NAME: &'static str = "tool_agent";
    const SUMMARY: &'static str =
        "Lets Claude, or another model, work with tools until it is done, and returns its answer.";

    fn example() -> Value {
        json!({"prompt": "What is 17 * 23? Use the calculator.", "tools": ["calculator"]})
    }

    fn check(payload: &Payload) -> Result<(), PayloadFault> {
        payload.check()
    }

    async fn run(payload: Payload, context: &Context) -> Result<Output, Stop> {
        let model = context.models().choose(payload.model.as_deref()).await?;
        let toolbox = Toolbox::open(&payload.tools, payload.limits(), context).await?;
        let request = request(&payload, model);
        let turns = Turns { max: payload.max_turns, more: "raise `max_turns`" };
        let mut conversation = Conversation::new(context, toolbox.as_ref(), request, turns);
        let ended = conversation.run().await;
        let progress = conversation.into_progress();
        if let Some(toolbox) = toolbox {
            toolbox.close().await;
        }
        match ended {
            Ok(response) => output(&payload, &response, progress, context).await,
            // What was interrupted goes on, and needs no remains.
            Err(Stop::Failed(failure))
                if progress.turns > 0 && failure.kind != CauseKind::Interrupted =>
            {
                Err(context.with_partial(failure, &progress).await.into())
            }
            Err(stop) => Err(stop),
        }
    }
}

fn request(payload: &Payload, model: String) -> Request {
    let mut request = Request::new(model, payload.max_tokens).user(&payload.prompt);
    request.system.clone_from(&payload.system);
    // Every turn sends the whole conversation again.
    request.cache = Some(CacheFor::FiveMinutes);
    request
}

async fn output(
    payload: &Payload,
    response: &agent_runner_llm::Response,
    progress: Progress,
    context: &Context,
) -> Result<Output, Stop> {
    Ok(Output {
        response: response.text(),
        model: response.model.clone(),
        stop_reason: response.stop_reason.to_string(),
        notice: notice(response, payload.max_tokens),
        tool_calls: progress.tool_calls,
        turns: progress.turns,
        usage: progress.usage,
        processed_by: context.surroundings.worker.clone(),
        processed_at: context.clock.now(),
        demo: context.models().is_demo().await?,
    })
}
