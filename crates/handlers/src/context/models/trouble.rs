//! What went wrong at a provider, as the cause of a job's end: what happened, and what helps.

use std::time::Duration;

use agent_runner_domain::job::{CauseKind, Failure};
use agent_runner_llm::{Advice, Error, ErrorKind};
use tokio::time::timeout;

use super::route::Route;

const LIST_TIMEOUT: Duration = Duration::from_secs(10);
const LISTED_MAX: usize = 15;

/// Names that older texts and programs still use.
const RETIRED: &[&str] = &[
    "claude-2",
    "claude-3",
    "claude-instant",
    "claude-opus-4-0",
    "claude-opus-4-2025",
    "claude-sonnet-4-0",
    "claude-sonnet-4-2025",
];

pub(super) async fn explain(route: &Route, error: Error) -> Failure {
    let who = route.provider.name;
    let model = &route.model;
    let key = route.provider.key_name;
    let base = route.provider.base_name;
    match error.kind {
        ErrorKind::NotFound => no_such_model(route, &error).await,
        ErrorKind::InvalidRequest => {
            let fix = if error.message.contains("max_tokens")
                || error.message.contains("max_completion_tokens")
            {
                "; lower `max_tokens`"
            } else {
                ""
            };
            payload(format!("{who} cannot use what was asked of {model}: {error}{fix}"))
        }
        ErrorKind::ContextTooLong => payload(format!(
            "the prompt is longer than {model} can read: {error}; shorten it, or name a model that reads more"
        )),
        ErrorKind::TooLarge => payload(format!(
            "the request is larger than {who} takes: {error}; send fewer or smaller images and documents"
        )),
        ErrorKind::Authentication => provider(
            &error,
            format!(
                "{who} does not accept the key in `{key}`: {error}; set a valid one where the orchestrator runs"
            ),
        ),
        ErrorKind::Permission => provider(
            &error,
            format!(
                "the key in `{key}` may not use {model}: {error}; allow it at {who}, or name another model"
            ),
        ),
        ErrorKind::Billing => provider(
            &error,
            format!(
                "nothing is left to pay {who} with: {error}; add credit to the account of `{key}`"
            ),
        ),
        ErrorKind::Connection => provider(
            &error,
            format!(
                "{who} cannot be reached: {error}; check the network, and `{base}` if it is set"
            ),
        ),
        ErrorKind::Protocol => provider(
            &error,
            format!("what answered for {who} makes no sense: {error}; check `{base}` if it is set"),
        ),
        _ => provider(&error, format!("{who} failed to answer as {model}: {error}")),
    }
}

fn payload(message: String) -> Failure {
    Failure::lasting(CauseKind::InvalidPayload, message)
}

/// Another attempt follows the client's advice.
fn provider(error: &Error, message: String) -> Failure {
    let passing = Failure::passing(CauseKind::ProviderError, message);
    match error.advice {
        Advice::GiveUp => Failure::lasting(CauseKind::ProviderError, passing.message),
        Advice::Retry { after: Some(pause) } | Advice::CoolDown(pause) => {
            passing.with_retry_after(pause)
        }
        Advice::Retry { after: None } => passing,
    }
}

async fn no_such_model(route: &Route, error: &Error) -> Failure {
    let (who, model) = (route.provider.name, &route.model);
    let retired = if RETIRED.iter().any(|name| model.starts_with(name)) {
        ": that model is retired"
    } else {
        ""
    };
    let fix = match timeout(LIST_TIMEOUT, route.client.models()).await {
        Ok(Ok(models)) if !models.is_empty() => {
            let names: Vec<&str> =
                models.iter().take(LISTED_MAX).map(|model| model.id.as_str()).collect();
            format!("it has {}; name one of them in `model`", names.join(", "))
        }
        _ => format!(
            "name another in `model`, and check `{}` if it is set",
            route.provider.base_name
        ),
    };
    payload(format!("{who} has no model `{model}`{retired} ({error}); {fix}"))
}
