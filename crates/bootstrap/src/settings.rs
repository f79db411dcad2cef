//! What handlers may know of the operator's configuration: the keys of model providers, and little else.
//!
//! Everything comes from this process's environment, which no worker sees. In a demonstration every provider is
//! the simulator, and no real key leaves this module.

mod names;

use std::{env, path::Path};

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};
use agent_runner_llm::{Prices, Provider};
use anyhow::Context;
use async_trait::async_trait;

use self::names::{DEMO, PRICES, is_for_handlers, refusal};

/// The simulator asks for a key, and takes any.
const DEMO_KEY: &str = "demo";

/// The operator's settings, or those of a demonstration.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where the simulator is.
    demo: Option<String>,
}

/// A provider of models as it is set up here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSetup {
    pub name: &'static str,
    /// The variable that holds its key.
    pub key_name: &'static str,
    pub has_key: bool,
    /// It runs on one's own machine and may want no key.
    pub is_local: bool,
    /// Another address than its own, if one is set.
    pub base: Option<String>,
}

impl Settings {
    /// With `demo`, the simulator at that address plays all providers.
    #[must_use]
    pub fn new(demo: Option<&str>) -> Self {
        Self { demo: demo.map(str::to_owned) }
    }

    /// Looks at what can be wrong before any job meets it.
    ///
    /// # Errors
    /// When there is a file of prices that cannot be used.
    pub fn check(&self) -> anyhow::Result<()> {
        let Some(path) = variable(PRICES) else { return Ok(()) };
        Prices::with_overrides(Path::new(&path)).map(drop).with_context(|| {
            format!("correct the file that {PRICES} names, or unset it to use the built-in prices")
        })
    }

    /// Every provider that is known by name.
    #[must_use]
    pub fn providers(&self) -> Vec<ProviderSetup> {
        let setup = |provider: &Provider| ProviderSetup {
            name: provider.name,
            key_name: provider.key_name,
            has_key: self.value(provider.key_name).is_some(),
            is_local: provider.is_local,
            base: self.value(provider.base_name),
        };
        Provider::all().iter().map(setup).collect()
    }

    fn value(&self, name: &str) -> Option<String> {
        let played = self.demo.as_deref().and_then(|simulator| of_demo(name, simulator));
        match name {
            // Only who starts a demonstration may say so.
            DEMO => played,
            _ => played.or_else(|| variable(name)),
        }
    }
}

/// What a demonstration sets, whatever the environment says.
fn of_demo(name: &str, simulator: &str) -> Option<String> {
    let mut providers = Provider::all().iter();
    match name {
        DEMO => Some("1".to_owned()),
        _ if providers.any(|provider| provider.key_name == name) => Some(DEMO_KEY.to_owned()),
        _ if Provider::all().iter().any(|provider| provider.base_name == name) => {
            Some(format!("{simulator}/v1"))
        }
        _ => None,
    }
}

/// What is blank is not set.
#[expect(clippy::disallowed_methods, reason = "the environment is read in this crate")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

#[async_trait]
impl SecretSource for Settings {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        if !is_for_handlers(name) {
            return Err(SecretError::Refused(refusal(name)));
        }
        let Some(value) = self.value(name) else { return Ok(None) };
        if name != PRICES {
            return Ok(Some(Secret::new(value)));
        }
        // A worker has no files of the operator's, so it gets what stands in this one.
        let content = tokio::fs::read_to_string(&value).await;
        content.map(|text| Some(Secret::new(text))).map_err(|error| {
            SecretError::Unavailable(format!(
                "{PRICES} names {value}, which cannot be read: {error}"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMULATOR: &str = "http://127.0.0.1:9";

    async fn said(settings: &Settings, name: &str) -> Option<String> {
        settings.get(name).await.unwrap().map(|secret| secret.reveal().to_owned())
    }

    #[tokio::test]
    async fn in_a_demonstration_every_provider_is_the_simulator() {
        let demo = Settings::new(Some(SIMULATOR));
        for provider in Provider::all() {
            assert_eq!(said(&demo, provider.key_name).await.as_deref(), Some(DEMO_KEY));
            let base = said(&demo, provider.base_name).await.unwrap();
            assert!(base.starts_with(SIMULATOR), "{base}");
        }
        assert_eq!(said(&demo, DEMO).await.as_deref(), Some("1"));
        assert!(demo.providers().iter().all(|provider| provider.has_key));
    }

    #[tokio::test]
    async fn otherwise_nothing_is_played() {
        assert_eq!(said(&Settings::default(), DEMO).await, None);
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        for name in ["PATH", "AWS_SECRET_ACCESS_KEY", "AGENT_RUNNER_API_KEYS", ""] {
            let refused = Settings::default().get(name).await.unwrap_err();
            assert!(refused.to_string().contains("AGENT_RUNNER_SECRET_"), "{refused}");
        }
    }
}
