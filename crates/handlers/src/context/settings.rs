//! Keys and settings of the operator.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::{job::Failure, ports::Secret};

use super::Context;

/// What was asked for already; `None`: it is not set.
#[derive(Default)]
pub(super) struct Settings(Mutex<HashMap<String, Option<Secret>>>);

impl Settings {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Option<Secret>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// A key or setting by its name; `None`: it is not set, or blank. Asked once in an attempt.
    ///
    /// # Errors
    /// When handlers may not ask for this name, or the attempt is over.
    pub async fn setting(&self, name: &str) -> Result<Option<Secret>, Failure> {
        if let Some(value) = self.settings.lock().get(name) {
            return Ok(value.clone());
        }
        let what = format!("the setting `{name}` cannot be read");
        let value = self.ask_link(&what, || self.link.setting(name)).await?;
        let value = value.filter(|value| !value.reveal().trim().is_empty());
        self.settings.lock().insert(name.to_owned(), value.clone());
        Ok(value)
    }
}
