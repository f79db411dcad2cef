//! `claude_chat`: one answer of a model, told as it is written.

mod files;
mod payload;

use agent_runner_domain::{Timestamp, catalog::PayloadFault};
use agent_runner_llm::{Request, Usage};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

pub use self::{
    files::FileOfJob,
    payload::{Content, Payload, Speaker, TextPart, Turn},
};
use crate::{Context, Handler, Stop, model_payload::notice};

pub struct ClaudeChat;

#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    response: String,
    /// The model that answered.
    model: String,
    /// `end_turn`, `max_tokens`, `refusal` and what else providers say.
    stop_reason: String,
    /// What is wrong with the answer: it was cut off or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// Tokens, as the provider counted them; null if it does not count.
    #[schemars(with = "Value")]
    usage: Option<Usage>,
    /// Program, version, pid and host of the worker.
    processed_by: String,
    #[schemars(with = "String")]
    processed_at: Timestamp,
    /// A simulator played the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

impl Handler for ClaudeChat {
    type Payload = Payload;
    type Output = Output;

    const NAME: &'static str = "claude_chat";
    const SUMMARY: &'static str =
        "Asks Claude, or another model, and returns its answer, which is told while it is written.";

    fn example() -> Value {
        json!({"prompt": "Why is the sky blue?", "max_tokens": 300})
    }

    fn check(payload: &Payload) -> Result<(), PayloadFault> {
        payload.check()
    }

    async fn run(payload: Payload, context: &Context) -> Result<Output, Stop> {
        let models = context.models();
        let mut request =
            Request::new(models.choose(payload.model.as_deref()).await?, payload.max_tokens);
        request.system = payload.system.clone();
        request.temperature = payload.temperature;
        request.messages = payload.messages(files::blocks(&payload, context).await?);
        let response = models.ask("answer", request).await?;
        Ok(Output {
            response: response.text(),
            notice: notice(&response, payload.max_tokens),
            stop_reason: response.stop_reason.to_string(),
            model: response.model,
            usage: response.usage,
            processed_by: context.surroundings.worker.clone(),
            processed_at: context.clock.now(),
            demo: models.is_demo().await?,
        })
    }
}
