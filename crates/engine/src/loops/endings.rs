//! Launches that are over.

use std::time::Duration;

use agent_runner_domain::{job::JobEvent, ports::Ended};

use crate::{Engine, EngineError};

/// One pass over the launcher's news; waits up to `wait` for the first. Returns how many there were.
///
/// # Errors
/// The launcher's or the store's. Lost news is made good by the silence of the worker.
pub async fn run_once(engine: &Engine, wait: Duration) -> Result<usize, EngineError> {
    let ended = hear(engine, wait).await?;
    take_in(engine, ended).await
}

/// The first half of a pass, which may be dropped while it waits.
///
/// # Errors
/// The launcher's.
pub async fn hear(engine: &Engine, wait: Duration) -> Result<Vec<Ended>, EngineError> {
    let ended = engine.ports.launcher.ended(wait).await;
    ended.map_err(|error| EngineError::Unavailable(error.to_string()))
}

/// The second half of a pass.
///
/// # Errors
/// The store's, or the launcher's.
pub async fn take_in(engine: &Engine, ended: Vec<Ended>) -> Result<usize, EngineError> {
    let count = ended.len();
    let ids: Vec<_> = ended.iter().map(|ended| ended.key.job).collect();
    let found = engine.ports.store.load_many(&ids).await?;
    for (Ended { key, exit }, found) in ended.into_iter().zip(found) {
        let event = JobEvent::LaunchEnded { attempt: key.attempt, exit };
        // Most launches end after their last word: nothing is left to say.
        let Some(found) = found else { continue };
        if matches!(found.value.apply(event.clone(), engine.ports.clock.now()), Ok(Some(_))) {
            engine.step(key.job, &event).await?;
        }
    }
    let heard = engine.ports.launcher.heard().await;
    heard.map_err(|error| EngineError::Unavailable(error.to_string()))?;
    Ok(count)
}
