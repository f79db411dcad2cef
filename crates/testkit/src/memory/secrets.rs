//! A [`SecretSource`] in a map.

use std::collections::BTreeMap;

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};
use async_trait::async_trait;

/// What is set, and nothing else may be asked for but what begins with [`MemorySecrets::OPEN`].
#[derive(Debug, Clone, Default)]
pub struct MemorySecrets(BTreeMap<String, Secret>);

impl MemorySecrets {
    /// A name that begins so may be asked for though it is not set.
    pub const OPEN: &str = "OPEN_";

    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.0.insert(name.to_owned(), Secret::new(text));
        self
    }
}

#[async_trait]
impl SecretSource for MemorySecrets {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let found = self.0.get(name).cloned();
        if found.is_some() || name.starts_with(Self::OPEN) {
            return Ok(found);
        }
        Err(SecretError::Refused(format!("{name:?} may not be asked for")))
    }
}
