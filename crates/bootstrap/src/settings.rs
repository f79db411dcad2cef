//! What handlers may know of the operator's configuration: the keys of model providers, and little else.
//!
//! Stands before whatever keeps the operator's secrets, and lets the names through that are for jobs. In a
//! demonstration every provider is the simulator, and no real key leaves this module.

mod layered;
mod names;

use std::{env, ffi::OsString, fmt, path::Path, sync::Arc};

use agent_runner_domain::ports::{Secret, SecretError, SecretSource};
use agent_runner_llm::{Prices, Provider};
use agent_runner_local::secret_source::EnvironmentSecrets;
use anyhow::Context;
use async_trait::async_trait;

pub use self::layered::Layered;
use self::names::{DEMO, PRICES, is_for_handlers, refusal};

/// The simulator asks for a key, and takes any.
const DEMO_KEY: &str = "demo";

/// The operator's settings, or those of a demonstration.
#[derive(Clone)]
pub struct Settings {
    secrets: Arc<dyn SecretSource>,
    /// Where the simulator is.
    demo: Option<String>,
}

/// The secrets that stand in this process's environment.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the environment is read in this crate")]
pub fn of_environment() -> EnvironmentSecrets {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let variables = env::vars_os().filter_map(text);
    EnvironmentSecrets::new(variables.filter(|(name, _)| is_for_handlers(name)))
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
}

impl Settings {
    /// With `demo`, the simulator at that address plays all providers.
    #[must_use]
    pub fn new(secrets: Arc<dyn SecretSource>, demo: Option<&str>) -> Self {
        Self { secrets, demo: demo.map(str::to_owned) }
    }

    /// Looks at what can be wrong before any job meets it.
    ///
    /// # Errors
    /// When there is a file of prices that cannot be used.
    pub async fn check(&self) -> anyhow::Result<()> {
        let Some(path) = self.value(PRICES).await? else { return Ok(()) };
        Prices::with_overrides(Path::new(path.reveal())).map(drop).with_context(|| {
            format!("correct the file that {PRICES} names, or unset it to use the built-in prices")
        })
    }

    /// Every provider that is known by name. Who must not read its key is told that there is none here.
    ///
    /// # Errors
    /// When the secrets cannot be reached.
    pub async fn providers(&self) -> Result<Vec<ProviderSetup>, SecretError> {
        let mut setups = Vec::new();
        for provider in Provider::all() {
            setups.push(ProviderSetup {
                name: provider.name,
                key_name: provider.key_name,
                has_key: self.has(provider.key_name).await?,
                is_local: provider.is_local,
            });
        }
        Ok(setups)
    }

    async fn has(&self, name: &str) -> Result<bool, SecretError> {
        match self.value(name).await {
            Err(SecretError::Refused(reason)) => {
                tracing::warn!(%reason, "It is not known here whether there is a {name}");
                Ok(false)
            }
            found => found.map(|found| found.is_some()),
        }
    }

    /// What is blank is not set.
    async fn value(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let played = self.demo.as_deref().and_then(|simulator| of_demo(name, simulator));
        if played.is_some() || name == DEMO {
            // Only who starts a demonstration may say that it is one.
            return Ok(played.map(Secret::new));
        }
        let found = self.secrets.get(name).await?;
        Ok(found.filter(|secret| !secret.reveal().trim().is_empty()))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("demo", &self.demo).finish_non_exhaustive()
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

#[async_trait]
impl SecretSource for Settings {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        if !is_for_handlers(name) {
            return Err(SecretError::Refused(refusal(name)));
        }
        let value = self.value(name).await?;
        match value {
            // A worker has no files of the operator's, so it gets what stands in this one.
            Some(path) if name == PRICES => content(path.reveal()).await.map(Some),
            value => Ok(value),
        }
    }
}

async fn content(path: &str) -> Result<Secret, SecretError> {
    tokio::fs::read_to_string(path).await.map(Secret::new).map_err(|error| {
        SecretError::Unavailable(format!("{PRICES} names {path}, which cannot be read: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIMULATOR: &str = "http://127.0.0.1:9";

    fn settings(variables: &[(&str, &str)], demo: Option<&str>) -> Settings {
        let own = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::new(Arc::new(EnvironmentSecrets::new(own)), demo)
    }

    async fn said(settings: &Settings, name: &str) -> Option<String> {
        settings.get(name).await.unwrap().map(|secret| secret.reveal().to_owned())
    }

    #[tokio::test]
    async fn in_a_demonstration_every_provider_is_the_simulator() {
        let own = [("ANTHROPIC_API_KEY", "sk-real"), ("ANTHROPIC_BASE_URL", "https://real.test")];
        let demo = settings(&own, Some(SIMULATOR));
        for provider in Provider::all() {
            assert_eq!(said(&demo, provider.key_name).await.as_deref(), Some(DEMO_KEY));
            let base = said(&demo, provider.base_name).await.unwrap();
            assert!(base.starts_with(SIMULATOR), "{base}");
        }
        assert_eq!(said(&demo, DEMO).await.as_deref(), Some("1"));
        assert!(demo.providers().await.unwrap().iter().all(|provider| provider.has_key));
    }

    #[tokio::test]
    async fn otherwise_nothing_is_played() {
        let own = [("ANTHROPIC_API_KEY", "sk-real"), (DEMO, "1"), ("OPENAI_API_KEY", " ")];
        let real = settings(&own, None);
        assert_eq!(said(&real, DEMO).await, None);
        assert_eq!(said(&real, "ANTHROPIC_API_KEY").await.as_deref(), Some("sk-real"));
        assert_eq!(said(&real, "ANTHROPIC_BASE_URL").await, None);
        let with_key = real.providers().await.unwrap().into_iter().filter(|setup| setup.has_key);
        assert_eq!(with_key.map(|setup| setup.name).collect::<Vec<_>>(), ["anthropic"]);
        assert!(!format!("{real:?}").contains("sk-real"));
    }

    #[tokio::test]
    async fn a_file_of_prices_is_read_for_workers_and_judged_at_the_start() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let real = settings(&[(PRICES, path)], None);
        std::fs::write(path, "nonsense").unwrap();
        assert_eq!(said(&real, PRICES).await.as_deref(), Some("nonsense"));
        let refused = format!("{:#}", real.check().await.unwrap_err());
        assert!(refused.contains(PRICES) && refused.contains(path), "{refused}");
        std::fs::remove_file(path).unwrap();
        assert!(real.get(PRICES).await.unwrap_err().to_string().contains(path));
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let own = [("PATH", "/bin")];
        for name in ["PATH", "AWS_SECRET_ACCESS_KEY", "AGENT_RUNNER_API_KEYS", ""] {
            let refused = settings(&own, None).get(name).await.unwrap_err();
            assert!(refused.to_string().contains("AGENT_RUNNER_SECRET_"), "{refused}");
        }
    }
}
