//! Messages that the queue did not take, sent again while this process lives.
//!
//! A job's own `wake_at` sends its message again too, but ever more rarely: without this pass a job that was accepted
//! while the queue was away would wait for as long again when it is back.

use std::time::Duration;

use tokio::time::sleep;

use crate::{Engine, EngineError};

/// How long a queue in trouble is left alone.
const PAUSE: Duration = Duration::from_secs(3);
/// Messages of one call, all of which go again if one of them fails.
const BATCH_MAX: usize = 500;

/// Waits until there may be something to send again, and until it is time to.
pub(crate) async fn arrival(engine: &Engine) {
    engine.lanes.unsent.arrival().await;
    sleep(PAUSE).await;
}

/// Sends some of what was not sent. Says whether there was anything.
///
/// # Errors
/// The queue's; the messages stay.
pub async fn run_once(engine: &Engine) -> Result<bool, EngineError> {
    let messages = engine.lanes.unsent.take(BATCH_MAX);
    if messages.is_empty() {
        return Ok(false);
    }
    if let Err(error) = engine.ports.queue.send(messages.clone()).await {
        engine.lanes.unsent.extend(messages);
        return Err(error.into());
    }
    Ok(true)
}
