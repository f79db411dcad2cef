//! Settings of a backend that keeps secrets of its own.

use std::sync::Arc;

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};
use agent_runner_local::secret_source::EnvironmentSecrets;
use async_trait::async_trait;

use super::names::is_kept_secret;

/// The environment's word first; what is secret and not said there, the backend is asked for. Addresses, names of
/// models and the like stand in the environment only: every question to a backend costs time and money.
pub struct Layered {
    environment: EnvironmentSecrets,
    kept: Arc<dyn SecretSource>,
}

impl Layered {
    #[must_use]
    pub fn new(environment: EnvironmentSecrets, kept: Arc<dyn SecretSource>) -> Self {
        Self { environment, kept }
    }
}

#[async_trait]
impl SecretSource for Layered {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.environment.get(name).await? {
            None if is_kept_secret(name) => self.kept.get(name).await,
            found => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_secrets_are_asked_for_elsewhere_and_only_if_nothing_is_said_here() {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let own = EnvironmentSecrets::new([variable("OPENAI_API_KEY", "own")]);
        let names = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CLAUDE_MODEL"];
        let kept = EnvironmentSecrets::new(names.map(|name| variable(name, "kept")));
        let layered = Layered::new(own, Arc::new(kept));
        for (name, wanted) in names.into_iter().zip([Some("own"), Some("kept"), None]) {
            let found = layered.get(name).await.unwrap();
            assert_eq!(found.as_ref().map(Secret::reveal), wanted, "{name}");
        }
    }
}
