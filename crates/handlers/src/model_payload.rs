//! What the payloads of all handlers that ask models have in common, and what their results say of an answer that
//! is not whole.

use agent_runner_domain::catalog::PayloadFault;
use agent_runner_llm::{Provider, Response, StopReason};

/// Anthropic's API takes no more; others do.
const CLAUDE_TEMPERATURE_MAX: f64 = 1.0;

/// Whether somebody serves a model of such a name, as far as its name tells.
///
/// # Errors
/// When nothing tells whose the model is.
pub(crate) fn check_model(model: Option<&str>) -> Result<(), PayloadFault> {
    let Some(model) = model else { return Ok(()) };
    Provider::of_model(model).map(drop).map_err(|error| fault("/model", error.to_string()))
}

/// # Errors
/// When no model of that kind takes it.
pub(crate) fn check_temperature(
    temperature: Option<f64>,
    model: Option<&str>,
) -> Result<(), PayloadFault> {
    let is_claude = model.is_none_or(|model| {
        Provider::of_model(model).is_ok_and(|(provider, _)| provider.name == "anthropic")
    });
    match temperature {
        Some(wanted) if is_claude && wanted > CLAUDE_TEMPERATURE_MAX => Err(fault(
            "/temperature",
            format!(
                "{wanted} is more than 1, the most that Claude takes; name another `model` or lower it"
            ),
        )),
        _ => Ok(()),
    }
}

pub(crate) fn fault(path: impl Into<String>, message: impl Into<String>) -> PayloadFault {
    PayloadFault { path: path.into(), message: message.into() }
}

/// What people should know of an answer before they use it; `None`: it is whole.
pub(crate) fn notice(response: &Response, max_tokens: u32) -> Option<String> {
    match &response.stop_reason {
        StopReason::MaxTokens => Some(format!(
            "the answer is cut off: it reached `max_tokens` ({max_tokens}); ask again with more"
        )),
        StopReason::Refusal => Some(match &response.stop_explanation {
            Some(why) => format!("the model refused to answer: {why}"),
            None => "the model refused to answer".to_owned(),
        }),
        StopReason::ContextWindowExceeded => Some(
            "the answer is cut off: prompt and answer together are longer than the model can read"
                .to_owned(),
        ),
        StopReason::PauseTurn => {
            Some("the answer is not complete: the provider paused it".to_owned())
        }
        StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse => None,
        StopReason::Unknown => Some("the provider did not say why the answer ends".to_owned()),
        StopReason::Other(reason) => Some(format!("the answer ended for the reason `{reason}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_is_judged_by_who_is_asked() {
        let of = |temperature, model| check_temperature(Some(temperature), model).is_ok();
        assert!(of(1.0, None) && of(1.5, Some("gpt-6-luna")) && of(1.5, Some("ollama/llama3")));
        assert!(!of(1.5, None) && !of(1.1, Some("claude-opus-5-5")));
    }

    #[test]
    fn a_model_of_nobody_is_refused_with_the_way_to_name_it() {
        assert!(check_model(None).is_ok() && check_model(Some("claude-x")).is_ok());
        let fault = check_model(Some("llama3")).unwrap_err();
        assert_eq!(fault.path, "/model");
        assert!(fault.message.contains("\"ollama/llama3\""), "{}", fault.message);
    }
}
