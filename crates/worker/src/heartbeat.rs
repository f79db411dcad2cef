//! "I live", for as long as it is true.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::ports::{Instruction, LinkError, WorkerLink};
use tokio::time::{MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

/// Speaks every `pause`, for the first time after one, and sets `abandoned` when nobody waits for this attempt
/// any more. Silence of the orchestrator is no such news: it may be starting over.
pub(crate) async fn beat(link: Arc<dyn WorkerLink>, pause: Duration, abandoned: CancellationToken) {
    let pause = pause.max(Duration::from_millis(10));
    let mut ticks = interval_at(tokio::time::Instant::now() + pause, pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match link.heartbeat().await {
            Ok(Instruction::Continue) | Err(LinkError::Unavailable(_) | LinkError::Refused(_)) => {}
            Ok(Instruction::Stop) | Err(LinkError::LeaseLost) => return abandoned.cancel(),
        }
    }
}
