//! `claude_code`: a program by its description, as text and as a file.

mod fences;
mod language;

use agent_runner_domain::{
    catalog::PayloadFault,
    job::{CauseKind, Failure},
    ports::ArtifactName,
};
use agent_runner_llm::{Request, StopReason, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Context, Handler, Stop,
    model_payload::{check_model, fault, notice},
};

pub struct ClaudeCode;

/// What to write, and in which language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// What the program is to do.
    #[schemars(length(min = 1))]
    specification: String,
    #[serde(default = "Payload::language_default")]
    #[schemars(length(min = 1, max = 50))]
    language: String,
    /// The artifact that holds the code; by default `code` with the usual ending of the language.
    #[serde(default)]
    #[schemars(length(min = 1))]
    filename: Option<String>,
    /// `claude-sonnet-5-5`, or `provider/model`; by default what `CLAUDE_MODEL` says where the orchestrator runs.
    #[serde(default)]
    model: Option<String>,
    /// The longest answer, in tokens.
    #[serde(default = "Payload::max_tokens_default")]
    #[schemars(range(min = 1))]
    max_tokens: u32,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Without fences; empty if the model refused.
    code: String,
    language: String,
    /// The artifact with the code; null if there is none.
    filename: Option<String>,
    /// The model that answered.
    model: String,
    /// `end_turn`, `max_tokens`, `refusal` and what else providers say.
    stop_reason: String,
    /// What is wrong with the code: it was cut off or refused, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    /// Tokens, as the provider counted them; null if it does not count.
    #[schemars(with = "Value")]
    usage: Option<Usage>,
    /// A simulator played the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

impl Payload {
    fn language_default() -> String {
        "python".to_owned()
    }

    fn max_tokens_default() -> u32 {
        8192
    }

    fn file(&self) -> String {
        let ending = || language::ending(&self.language);
        self.filename.clone().unwrap_or_else(|| format!("code.{}", ending()))
    }

    fn request(&self, model: String) -> Request {
        let mut request = Request::new(model, self.max_tokens).user(&self.specification);
        request.system = Some(format!(
            "You write complete, working {0} code for the specification that the user gives. Answer with the code only, in one fenced code block, without any text before or after it. What needs to be said goes into comments of the code.",
            self.language
        ));
        request
    }
}

impl Handler for ClaudeCode {
    type Payload = Payload;
    type Output = Output;

    const NAME: &'static str = "claude_code";
    const SUMMARY: &'static str =
        "Lets Claude, or another model, write code for a specification, and keeps it as a file.";

    fn example() -> Value {
        json!({"specification": "Print the first ten prime numbers.", "language": "python"})
    }

    fn check(payload: &Payload) -> Result<(), PayloadFault> {
        if payload.specification.trim().is_empty() {
            return Err(fault("/specification", "says nothing"));
        }
        if payload.language.trim().is_empty() {
            return Err(fault("/language", "names no language"));
        }
        if payload.max_tokens == 0 {
            return Err(fault("/max_tokens", "has to be at least 1"));
        }
        check_model(payload.model.as_deref())?;
        let name = payload.file().parse::<ArtifactName>();
        name.map(drop).map_err(|error| fault("/filename", error.to_string()))
    }

    async fn run(payload: Payload, context: &Context) -> Result<Output, Stop> {
        let models = context.models();
        let model = models.choose(payload.model.as_deref()).await?;
        let response = models.ask("answer", payload.request(model)).await?;
        let code = match response.stop_reason {
            StopReason::Refusal => String::new(),
            _ => fences::code(&response.text(), &payload.language),
        };
        let notice = notice(&response, payload.max_tokens)
            .or_else(|| code.is_empty().then(|| "the model answered without any code".to_owned()));
        Ok(Output {
            filename: keep(&code, &payload, context).await?,
            code,
            notice,
            stop_reason: response.stop_reason.to_string(),
            model: response.model,
            usage: response.usage,
            demo: models.is_demo().await?,
            language: payload.language,
        })
    }
}

async fn keep(code: &str, payload: &Payload, context: &Context) -> Result<Option<String>, Failure> {
    if code.is_empty() {
        return Ok(None);
    }
    let name: ArtifactName = payload.file().parse().map_err(|error| {
        Failure::lasting(CauseKind::InvalidPayload, format!("`filename` cannot be used: {error}"))
    })?;
    let info = context.put_artifact(name, format!("{code}\n").into_bytes()).await?;
    Ok(Some(info.name.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(payload: Value) -> Option<String> {
        let payload: Payload = serde_json::from_value(payload).unwrap();
        ClaudeCode::check(&payload).err().map(|fault| fault.path)
    }

    #[test]
    fn what_cannot_be_written_is_named_with_its_place() {
        assert_eq!(place(json!({"specification": "\n"})).unwrap(), "/specification");
        let with = |name: &str, value: Value| {
            let mut payload = json!({"specification": "add two numbers"});
            payload[name] = value;
            place(payload)
        };
        assert_eq!(with("filename", json!("../a.py")).unwrap(), "/filename");
        assert_eq!(with("language", json!(" ")).unwrap(), "/language");
        assert_eq!(with("model", json!("llama3")).unwrap(), "/model");
        assert_eq!(with("max_tokens", json!(0)).unwrap(), "/max_tokens");
        assert_eq!(with("language", json!("c++")), None);
        assert_eq!(with("language", json!("../../etc")), None, "it only decides the ending");
    }
}
