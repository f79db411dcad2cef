//! "I live", for as long as it is true.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::ports::{Instruction, LinkError, WorkerLink};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::exit::Ended;

/// Speaks every `pause`, for the first time after one, and sets `abandoned` when nobody waits for this attempt
/// any more. Silence is no such news until it has lasted for `silence_max`: the orchestrator may be starting over, or
/// AWS be in trouble. Says which of the two it was.
pub(crate) async fn beat(
    link: Arc<dyn WorkerLink>,
    pause: Duration,
    silence_max: Duration,
    abandoned: CancellationToken,
) -> Ended {
    let pause = pause.max(Duration::from_millis(10));
    let mut ticks = interval_at(Instant::now() + pause, pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let why = loop {
        ticks.tick().await;
        match link.heartbeat().await {
            Ok(Instruction::Continue) => heard = Instant::now(),
            Ok(Instruction::Stop) | Err(LinkError::LeaseLost) => break Ended::LeaseLost,
            Err(LinkError::Unavailable(_)) if heard.elapsed() >= silence_max => {
                break Ended::LinkUnavailable;
            }
            Err(LinkError::Unavailable(_) | LinkError::Refused(_)) => {}
        }
    };
    abandoned.cancel();
    why
}
