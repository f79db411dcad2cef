//! The names that handlers may ask for. A payload is anybody's, so every other name is refused.

use agent_runner_llm::Provider;

/// Set where a simulator plays the models.
pub(super) const DEMO: &str = "AGENT_RUNNER_DEMO";
/// Names the file whose prices come before the built-in ones; handlers get its content.
pub(super) const PRICES: &str = "AGENT_RUNNER_PRICES";

const OTHERS: [&str; 4] = ["CLAUDE_MODEL", "AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", PRICES, DEMO];
/// What an operator has named so, payloads may use by the rest of the name.
const SECRET: &str = "AGENT_RUNNER_SECRET_";

pub(super) fn is_for_handlers(name: &str) -> bool {
    let of = |provider: &Provider| [provider.key_name, provider.base_name].contains(&name);
    let is_secret = || name.strip_prefix(SECRET).is_some_and(|rest| !rest.is_empty());
    OTHERS.contains(&name) || Provider::all().iter().any(of) || is_secret()
}

pub(super) fn refusal(name: &str) -> String {
    format!(
        "{name:?} is not for jobs: they may use the keys and addresses of model providers, and what is \
         named {SECRET}…"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_alone_names_nothing() {
        assert!(is_for_handlers("AGENT_RUNNER_SECRET_WEATHER"));
        assert!(is_for_handlers("ANTHROPIC_API_KEY") && is_for_handlers("OLLAMA_BASE_URL"));
        for name in [SECRET, "AGENT_RUNNER_SECRET", "anthropic_api_key", "HOME"] {
            assert!(!is_for_handlers(name), "{name}");
        }
    }
}
