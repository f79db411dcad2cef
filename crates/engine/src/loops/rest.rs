//! How long the sweeper rests between two looks.
//!
//! A look costs money where the store bills by the call, and an orchestrator that has nothing to do should cost next to
//! nothing. What this process does wakes the sweeper by itself; the pauses are for what others do.

use std::time::Duration;

use agent_runner_domain::{Timestamp, job::Terms};
use tokio::time::{sleep, timeout};

use super::sweep;
use crate::Engine;

/// How long the sweeper rests at most while a worker may be at work: the delay of a due job that nobody announced.
pub(crate) const SWEEP_PAUSE: Duration = Duration::from_secs(1);
/// The same while no worker can be at work: only other orchestrators could bring something then, and they look after
/// it themselves unless they end at that moment.
const IDLE_PAUSE: Duration = Duration::from_secs(15);
/// For how long nothing may have moved before the long pause: what a store shows of its jobs' times may lag behind
/// what it has stored, so that a look right after a change finds nothing.
const CALM_MIN: Duration = Duration::from_secs(3);
/// A job which stays due cannot make the loop spin.
const REST_MIN: Duration = Duration::from_millis(5);

/// Waits until a job may be due, or until it is time to ask again. Says whether a pass is worth while.
pub(crate) async fn rest(engine: Engine) -> bool {
    let mut change = std::pin::pin!(engine.wakeups.any_change());
    // Interest is registered before looking, so that nothing that moves in between is missed.
    change.as_mut().enable();
    let now = engine.ports.clock.now();
    let Ok(due) = sweep::next_due(&engine).await else {
        sleep(SWEEP_PAUSE).await;
        // The pass says what is wrong.
        return true;
    };
    let until_due = due.map(|at| at.since(now));
    if !nobody_works(due, now, engine.ports.launcher.terms()) {
        engine.wakeups.stir();
    }
    let idle = engine.wakeups.calm() >= CALM_MIN;
    let pause = if idle { IDLE_PAUSE } else { SWEEP_PAUSE };
    let called = async {
        tokio::select! {
            () = engine.wakeups.sweeper_called() => {}
            () = change, if idle => {}
        }
    };
    let rest = until_due.map_or(pause, |until| until.clamp(REST_MIN, pause));
    let was_called = timeout(rest, called).await.is_ok();
    !was_called && until_due.is_some_and(|until| until <= rest)
}

/// Whoever works has a deadline soon, of its launch or of its next sign of life. So where the first thing that is due
/// is farther away, no worker is there to bring anything forward behind our back.
fn nobody_works(due: Option<Timestamp>, now: Timestamp, terms: Terms) -> bool {
    let beats = terms.heartbeat() * Terms::LOST_AFTER_BEATS;
    let horizon = now.plus(terms.launch().max(beats) + terms.grace());
    due.is_none_or(|at| at > horizon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_no_worker_can_have_set_is_far_away() {
        let terms = Terms { launch_ms: 300_000, heartbeat_ms: 20_000, grace_ms: 30_000 };
        let now = Timestamp::from_millis(1_000_000);
        let in_seconds = |seconds| Some(now.plus(Duration::from_secs(seconds)));
        assert!(nobody_works(None, now, terms));
        assert!(!nobody_works(in_seconds(0), now, terms));
        assert!(!nobody_works(in_seconds(300), now, terms), "a launch under way");
        assert!(nobody_works(in_seconds(3_600), now, terms), "a job for later");
    }
}
