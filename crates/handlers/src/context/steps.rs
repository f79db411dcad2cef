//! What earlier attempts have done already.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::{
    RawJson,
    job::{CauseKind, Failure},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::OnceCell;

use super::{
    Context,
    patience::{failed, insist},
};

/// The steps of the job, fetched when the first of them is asked for.
#[derive(Default)]
pub(super) struct Steps(OnceCell<Mutex<HashMap<String, RawJson>>>);

impl Context {
    /// The outcome of a step that was recorded, in whichever attempt.
    ///
    /// # Errors
    /// When the steps cannot be fetched, or this outcome is none of a `T`.
    pub async fn recorded<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Failure> {
        let Some(value) = self.known_steps().await?.get(key).cloned() else {
            return Ok(None);
        };
        serde_json::from_str(value.get()).map(Some).map_err(|error| {
            let message = format!(
                "the step `{key}` was recorded by another version of this program and cannot be used: {error}; submit the job anew"
            );
            Failure::lasting(CauseKind::HandlerError, message)
        })
    }

    /// Remembers the outcome of a step for later attempts. The first outcome of a key stays.
    ///
    /// # Errors
    /// When it cannot be stored, or the attempt is over.
    pub async fn record<T: Serialize>(&self, key: &str, outcome: &T) -> Result<(), Failure> {
        let what = format!("the step `{key}` cannot be recorded");
        let value = RawJson::of(outcome).map_err(|error| {
            Failure::lasting(CauseKind::HandlerError, format!("{what}: {error}"))
        })?;
        // What was done is worth remembering even when the handler is to end.
        insist(|| self.link.record_step(key, value.clone()))
            .await
            .map_err(|error| failed(&what, &error))?;
        self.known_steps().await?.entry(key.to_owned()).or_insert(value);
        Ok(())
    }

    /// Runs what has not been done yet, and remembers its outcome: in all attempts together it is done once, or
    /// again if the worker was lost before the outcome was recorded.
    ///
    /// # Errors
    /// Those of `run`, which are not recorded, and those of [`Self::recorded`] and [`Self::record`].
    pub async fn step<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        run: impl AsyncFnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if let Some(outcome) = self.recorded(key).await? {
            return Ok(outcome);
        }
        let outcome = run().await?;
        self.record(key, &outcome).await?;
        Ok(outcome)
    }

    async fn known_steps(&self) -> Result<MutexGuard<'_, HashMap<String, RawJson>>, Failure> {
        let fetched = self.steps.0.get_or_try_init(|| self.fetch_steps()).await?;
        Ok(fetched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn fetch_steps(&self) -> Result<Mutex<HashMap<String, RawJson>>, Failure> {
        // Nobody was there before the first attempt.
        if self.attempt == 1 {
            return Ok(Mutex::default());
        }
        let what = "the steps of earlier attempts cannot be fetched";
        let steps = self.ask_link(what, || self.link.steps()).await?;
        Ok(Mutex::new(steps.into_iter().collect()))
    }
}
