//! What the environment says beside the options, which have their variables in `args`.

/// The key itself, which never stands among the arguments, where every user of the machine sees it.
#[expect(clippy::disallowed_methods, reason = "the one place of the command line that reads it")]
pub(crate) fn api_key() -> Option<String> {
    std::env::var("AGENT_RUNNER_API_KEY").ok().filter(|key| !key.is_empty())
}
