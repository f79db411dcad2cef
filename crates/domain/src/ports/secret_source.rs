//! Where keys come from.

use std::fmt;

use async_trait::async_trait;

/// A text that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It may work later.
    #[error("the secret source is unavailable: {0}")]
    Unavailable(String),
    /// A secret of this name is never handed out here. The text says which names are.
    #[error("{0}")]
    Refused(String),
}

#[async_trait]
pub trait SecretSource: Send + Sync {
    /// `None`: no such secret.
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;
}
