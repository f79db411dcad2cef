//! What was said of secrets, and for how long it is believed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use agent_runner_domain::ports::{Secret, SecretError};
use tokio::sync;

const KEPT: Duration = Duration::from_mins(5);
/// Shorter: whoever is told that a secret is missing goes and makes it.
const ABSENCE_KEPT: Duration = Duration::from_secs(30);
/// How soon a source that did not answer is asked again, while an old value serves.
const OUTAGE_KEPT: Duration = Duration::from_secs(30);

/// Each name has a lock of its own, so that many who ask at once make one call.
#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<HashMap<String, Arc<sync::Mutex<Option<Entry>>>>>,
}

struct Entry {
    value: Option<Secret>,
    good_until: Instant,
}

impl Cache {
    /// What is remembered, or what `fetch` says now.
    pub(super) async fn get<F>(
        &self,
        name: &str,
        now: Instant,
        fetch: impl FnOnce() -> F,
    ) -> Result<Option<Secret>, SecretError>
    where
        F: Future<Output = Result<Option<Secret>, SecretError>>,
    {
        let entry = self.entry(name);
        let mut entry = entry.lock().await;
        if let Some(known) = entry.as_ref().filter(|known| now < known.good_until) {
            return Ok(known.value.clone());
        }
        match (fetch().await, entry.as_mut()) {
            (Ok(value), _) => {
                let kept = if value.is_some() { KEPT } else { ABSENCE_KEPT };
                *entry = Some(Entry { value: value.clone(), good_until: now + kept });
                Ok(value)
            }
            (Err(SecretError::Unavailable(why)), Some(Entry { value: Some(old), good_until })) => {
                tracing::warn!(secret.name = name, "the last value of a secret serves on: {why}");
                *good_until = now + OUTAGE_KEPT;
                Ok(Some(old.clone()))
            }
            (Err(error), _) => Err(error),
        }
    }

    fn entry(&self, name: &str) -> Arc<sync::Mutex<Option<Entry>>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.entry(name.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &str, asked: bool) -> (String, bool) {
        (value.to_owned(), asked)
    }

    /// What a source that says `answer` at that second is taken to say, or nothing; whether it was asked.
    async fn at(
        cache: &Cache,
        start: Instant,
        seconds: u64,
        answer: Result<Option<&str>, &str>,
    ) -> (String, bool) {
        let mut asked = false;
        let fetch = || {
            asked = true;
            let answer = answer.map(|value| value.map(Secret::new));
            std::future::ready(answer.map_err(|why| SecretError::Unavailable(why.to_owned())))
        };
        let said = cache.get("name", start + Duration::from_secs(seconds), fetch).await.unwrap();
        (said.map_or_else(String::new, |secret| secret.reveal().to_owned()), asked)
    }

    #[tokio::test]
    async fn a_value_is_asked_for_again_after_five_minutes() {
        let (cache, start) = (Cache::default(), Instant::now());
        assert_eq!(at(&cache, start, 0, Ok(Some("1"))).await, said("1", true));
        assert_eq!(at(&cache, start, 299, Ok(Some("2"))).await, said("1", false));
        assert_eq!(at(&cache, start, 300, Ok(Some("2"))).await, said("2", true));
    }

    #[tokio::test]
    async fn a_secret_that_is_made_is_soon_found() {
        let (cache, start) = (Cache::default(), Instant::now());
        assert_eq!(at(&cache, start, 0, Ok(None)).await, said("", true));
        assert_eq!(at(&cache, start, 29, Ok(Some("1"))).await, said("", false));
        assert_eq!(at(&cache, start, 30, Ok(Some("1"))).await, said("1", true));
    }

    #[tokio::test]
    async fn in_an_outage_the_last_value_holds_and_is_asked_for_again_soon() {
        let (cache, start) = (Cache::default(), Instant::now());
        at(&cache, start, 0, Ok(Some("1"))).await;
        assert_eq!(at(&cache, start, 400, Err("outage")).await, said("1", true));
        assert_eq!(at(&cache, start, 429, Ok(Some("2"))).await, said("1", false));
        assert_eq!(at(&cache, start, 430, Ok(Some("2"))).await, said("2", true));
    }
}
