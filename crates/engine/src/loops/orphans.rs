//! Launches that nobody waits for.

use agent_runner_domain::{
    Timestamp,
    job::Job,
    mutant::{self, Mutant},
    ports::{LaunchKey, RunningLaunch, Versioned},
};

use crate::{Engine, EngineError};

/// One pass over all that runs: a launch whose attempt has been over for longer than its grace, or whose job
/// does not exist, is stopped. Returns how many were.
///
/// # Errors
/// The launcher's or the store's; the next pass sees the same launches.
pub async fn run_once(engine: &Engine) -> Result<usize, EngineError> {
    let running = engine.ports.launcher.running().await;
    let running = running.map_err(|error| EngineError::Unavailable(error.to_string()))?;
    let ids: Vec<_> = running.iter().map(|launch| launch.key.job).collect();
    let found = engine.ports.store.load_many(&ids).await?;
    let grace = engine.ports.launcher.terms().grace();
    let limit = engine.ports.clock.now();
    let mut stopped = 0;
    for (RunningLaunch { key, launch }, found) in running.into_iter().zip(found) {
        let ended_at = over_since(key, found.as_ref());
        let overlooked = mutant::active(Mutant::OrphansNotStopped);
        if overlooked || ended_at.is_none_or(|at| at.plus(grace) > limit) {
            continue;
        }
        tracing::warn!(job.id = %key.job, attempt = key.attempt, "Stopping a launch that nobody waits for");
        match engine.ports.launcher.stop(key, Some(&launch), grace).await {
            Ok(_) => stopped += 1,
            Err(error) => tracing::warn!(job.id = %key.job, %error, "An orphan was not stopped"),
        }
    }
    Ok(stopped)
}

/// Since when nobody waits for this attempt; `None` while somebody does.
fn over_since(key: LaunchKey, found: Option<&Versioned<Job>>) -> Option<Timestamp> {
    let Some(Versioned { value: job, .. }) = found else {
        return Some(Timestamp::default());
    };
    if job.state.lease().is_some() && job.attempts == key.attempt {
        return None;
    }
    let record = job.history.iter().find(|record| record.number == key.attempt);
    // An attempt that the history no longer holds is long over.
    Some(record.map_or(job.created_at, |record| record.ended_at))
}
