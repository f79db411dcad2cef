//! The providers that are known by name, and how each is reached.
//!
//! A model is asked for as `claude-sonnet-5-5`, of which the provider can be told, or as
//! `provider/model`: `ollama/llama3`, `openrouter/anthropic/claude-opus-5`.

use std::sync::Arc;

use crate::anthropic::Anthropic;
use crate::error::Error;
use crate::key::Key;
use crate::model::Model;
use crate::openai::{Dialect, OpenAi};
use crate::request::Request;
use crate::transport::{Auth, Options};

/// A provider: its name, its API, and the names of the settings that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    pub name: &'static str,
    pub base: &'static str,
    /// The variable, or the secret, that holds the key.
    pub key_name: &'static str,
    /// The variable that holds another base URL.
    pub base_name: &'static str,
    /// A server on one's own machine, which costs nothing per call and may want no key.
    pub is_local: bool,
    api: Api,
    /// Models that begin so are theirs.
    prefixes: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api {
    Anthropic,
    OpenAi(Dialect),
}

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error(
        "model {model:?}: nothing tells whose it is; name the provider, too, as in \"ollama/{model}\" (known: {known})"
    )]
    UnknownModel { model: String, known: String },
    #[error(
        "no key for {provider}: set {key_name} where the server runs, or on AWS make the secret NAME/{}",
        .key_name.to_lowercase().replace('_', "-")
    )]
    NoKey { provider: &'static str, key_name: &'static str },
    #[error(transparent)]
    Unusable(#[from] Error),
}

const fn compatible(
    name: &'static str,
    base: &'static str,
    names: (&'static str, &'static str),
    prefixes: &'static [&'static str],
) -> Provider {
    let api = Api::OpenAi(Dialect::Compatible);
    Provider { name, base, key_name: names.0, base_name: names.1, is_local: false, api, prefixes }
}

const fn local(
    name: &'static str,
    base: &'static str,
    names: (&'static str, &'static str),
) -> Provider {
    Provider { is_local: true, ..compatible(name, base, names, &[]) }
}

const PROVIDERS: &[Provider] = &[
    Provider {
        api: Api::Anthropic,
        ..compatible(
            "anthropic",
            Anthropic::BASE,
            ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
            &["claude-"],
        )
    },
    Provider {
        api: Api::OpenAi(Dialect::OpenAi),
        ..compatible(
            "openai",
            OpenAi::BASE,
            ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
            &["gpt-", "o1", "o3", "o4"],
        )
    },
    compatible(
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta/openai",
        ("GEMINI_API_KEY", "GEMINI_BASE_URL"),
        &["gemini-"],
    ),
    compatible("zai", "https://api.z.ai/api/paas/v4", ("ZAI_API_KEY", "ZAI_BASE_URL"), &["glm-"]),
    compatible(
        "deepseek",
        "https://api.deepseek.com",
        ("DEEPSEEK_API_KEY", "DEEPSEEK_BASE_URL"),
        &["deepseek-"],
    ),
    compatible(
        "together",
        "https://api.together.ai/v1",
        ("TOGETHER_API_KEY", "TOGETHER_BASE_URL"),
        &[],
    ),
    compatible(
        "openrouter",
        "https://openrouter.ai/api/v1",
        ("OPENROUTER_API_KEY", "OPENROUTER_BASE_URL"),
        &[],
    ),
    local("ollama", "http://127.0.0.1:11434/v1", ("OLLAMA_API_KEY", "OLLAMA_BASE_URL")),
    local("vllm", "http://127.0.0.1:8000/v1", ("VLLM_API_KEY", "VLLM_BASE_URL")),
    local("llamacpp", "http://127.0.0.1:8080/v1", ("LLAMACPP_API_KEY", "LLAMACPP_BASE_URL")),
];

impl Provider {
    #[must_use]
    pub fn all() -> &'static [Self] {
        PROVIDERS
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PROVIDERS.iter().find(|provider| provider.name == name).copied()
    }

    /// Whose a model is, and what it is called there.
    ///
    /// # Errors
    /// [`ProviderError::UnknownModel`].
    pub fn of_model(model: &str) -> Result<(Self, &str), ProviderError> {
        if let Some((name, rest)) = model.split_once('/')
            && let Some(provider) = Self::named(name)
        {
            return Ok((provider, rest));
        }
        let begins = |provider: &&Self| provider.prefixes.iter().any(|p| model.starts_with(p));
        let found = PROVIDERS.iter().find(begins).map(|provider| (*provider, model));
        found.ok_or_else(|| ProviderError::UnknownModel {
            model: model.to_owned(),
            known: PROVIDERS.iter().map(|provider| provider.name).collect::<Vec<_>>().join(", "),
        })
    }

    /// Whether the prompt of this call may be written to a cache, which has a price of its own. Anthropic does so
    /// only when asked, others as they like.
    #[must_use]
    pub fn may_write_cache(&self, request: &Request) -> bool {
        self.api != Api::Anthropic
            || request.cache.is_some()
            || request.extra.contains_key("cache_control")
    }

    /// A client. `settings` gives the values of [`key_name`](Self::key_name) and
    /// [`base_name`](Self::base_name): the environment, stored secrets, or both.
    ///
    /// # Errors
    /// [`ProviderError::NoKey`] or [`ProviderError::Unusable`].
    pub fn connect(
        &self,
        settings: impl Fn(&str) -> Option<String>,
        options: Options,
    ) -> Result<Arc<dyn Model>, ProviderError> {
        let given = |name: &str| settings(name).filter(|value| !value.trim().is_empty());
        let base = given(self.base_name).unwrap_or_else(|| self.base.to_owned());
        let key = given(self.key_name).map(|key| Key::new(&key));
        if key.is_none() && !self.is_local {
            return Err(ProviderError::NoKey { provider: self.name, key_name: self.key_name });
        }
        Ok(match self.api {
            Api::Anthropic => {
                let auth = key.map_or(Auth::None, Auth::ApiKey);
                Arc::new(Anthropic::new(self.name, base.trim_end_matches("/v1"), auth, options)?)
            }
            Api::OpenAi(dialect) => {
                let auth = key.map_or(Auth::None, Auth::Bearer);
                Arc::new(OpenAi::new(self.name, &base, dialect, auth, options)?)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_find_their_provider() {
        for (model, provider, name) in [
            ("claude-sonnet-5-5", "anthropic", "claude-sonnet-5-5"),
            ("gpt-6-luna", "openai", "gpt-6-luna"),
            ("glm-5.3", "zai", "glm-5.3"),
            ("ollama/claude-clone", "ollama", "claude-clone"),
            ("openrouter/anthropic/claude-opus-5", "openrouter", "anthropic/claude-opus-5"),
        ] {
            let (found, called) = Provider::of_model(model).unwrap();
            assert_eq!((found.name, called), (provider, name));
        }
        let error = Provider::of_model("llama3").unwrap_err().to_string();
        assert!(error.contains("\"ollama/llama3\""), "{error}");
    }

    #[test]
    fn a_missing_key_is_named() {
        let (anthropic, _) = Provider::of_model("claude-x").unwrap();
        let Err(error) = anthropic.connect(|_| Some(" ".into()), Options::default()) else {
            panic!("connected without a key");
        };
        let said = "no key for anthropic: set ANTHROPIC_API_KEY where the server runs, or on AWS make the secret NAME/anthropic-api-key";
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn a_cache_is_written_when_asked_for_or_by_others_anyway() {
        let (claude, _) = Provider::of_model("claude-x").unwrap();
        let mut request = Request::new("m", 1);
        assert!(!claude.may_write_cache(&request));
        assert!(Provider::of_model("gpt-6-luna").unwrap().0.may_write_cache(&request));
        request.cache = Some(crate::CacheFor::FiveMinutes);
        assert!(claude.may_write_cache(&request));
    }

    #[test]
    fn a_local_server_needs_no_key() {
        let ollama = Provider::named("ollama").unwrap();
        assert_eq!(ollama.connect(|_| None, Options::default()).unwrap().provider(), "ollama");
    }
}
