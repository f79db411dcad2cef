//! Jobs whose time has come.

use agent_runner_domain::{Timestamp, job::JobEvent};

pub(crate) use super::rest::rest;
use crate::{Engine, EngineError};

/// Jobs woken in one pass.
const BATCH_MAX: usize = 256;

/// What one pass found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    pub due: usize,
    /// There may be more that is due now.
    pub full: bool,
}

/// One pass over the jobs that are due.
///
/// # Errors
/// The store's; the next pass sees the same jobs.
pub async fn run_once(engine: &Engine) -> Result<Swept, EngineError> {
    let now = engine.ports.clock.now();
    let due = engine.ports.store.due(now, BATCH_MAX).await?;
    let swept = Swept { due: due.len(), full: due.len() == BATCH_MAX };
    let steps = due.into_iter().filter_map(|seen| {
        let step = seen.value.apply(JobEvent::Woken, now).ok().flatten()?;
        Some((seen.version, step, None))
    });
    let steps: Vec<_> = steps.collect();
    if !steps.is_empty() {
        engine.commit(steps).await;
    }
    Ok(swept)
}

/// When the next pass is worth while, as far as the store knows.
///
/// # Errors
/// The store's.
pub async fn next_due(engine: &Engine) -> Result<Option<Timestamp>, EngineError> {
    Ok(engine.ports.store.next_due().await?)
}
