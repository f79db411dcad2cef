//! Secrets from the environment.

use std::{collections::HashMap, fmt};

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};
use async_trait::async_trait;

/// A [`SecretSource`] over variables that were read when the program started: this crate reads no environment.
pub struct EnvironmentSecrets {
    variables: HashMap<String, Secret>,
}

impl EnvironmentSecrets {
    /// Empty variables count as not set.
    #[must_use]
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let set = variables.into_iter().filter(|(_, value)| !value.is_empty());
        Self { variables: set.map(|(name, value)| (name, Secret::new(value))).collect() }
    }

    /// The variable that holds a secret: `agent-runner/anthropic-api-key` is `ANTHROPIC_API_KEY`.
    fn variable(name: &str) -> String {
        let name = name.rsplit('/').next().unwrap_or(name);
        name.replace(['-', '.'], "_").to_uppercase()
    }
}

impl fmt::Debug for EnvironmentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentSecrets").finish_non_exhaustive()
    }
}

#[async_trait]
impl SecretSource for EnvironmentSecrets {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.variables.get(&Self::variable(name)).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_found_by_the_name_it_has_elsewhere() {
        let secrets = EnvironmentSecrets::new([
            ("ANTHROPIC_API_KEY".to_owned(), "sk-1".to_owned()),
            ("EMPTY".to_owned(), String::new()),
        ]);
        let found = secrets.get("agent-runner/anthropic-api-key").await.unwrap();
        assert_eq!(found.as_ref().map(Secret::reveal), Some("sk-1"));
        assert!(secrets.get("empty").await.unwrap().is_none());
        assert!(!format!("{secrets:?}").contains("sk-1"));
    }
}
