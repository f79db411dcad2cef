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
    OTHERS.contains(&name) || Provider::all().iter().any(of) || is_secret(name)
}

/// What nobody but the one who needs it should read.
pub(super) fn is_kept_secret(name: &str) -> bool {
    is_secret(name) || Provider::all().iter().any(|provider| provider.key_name == name)
}

/// Nothing but a word behind the prefix: what keeps the secrets may read more into a path.
fn is_secret(name: &str) -> bool {
    let word = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    name.strip_prefix(SECRET).is_some_and(|rest| !rest.is_empty() && word(rest))
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
        let beside = "AGENT_RUNNER_SECRET_X/AWS_SECRET_ACCESS_KEY";
        for name in [SECRET, beside, "AGENT_RUNNER_SECRET", "anthropic_api_key", "HOME"] {
            assert!(!is_for_handlers(name), "{name}");
        }
    }
}
