//! How fast calls go out: one bucket of turns, which fills more slowly after every throttle.

use std::{
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use tokio::time::{Instant, sleep, timeout};

/// How fast a bucket fills at the least, in turns a second.
const RATE_MIN: f64 = 0.5;
/// What a success gives back of the rate that a throttle took.
const RECOVERY: f64 = 0.05;

pub(super) struct Pace {
    burst: f64,
    rate_max: f64,
    state: Mutex<State>,
}

struct State {
    turns: f64,
    rate: f64,
    at: Instant,
}

impl Pace {
    pub(super) fn new(burst: u32, rate: u32) -> Self {
        let (burst, rate_max) = (f64::from(burst), f64::from(rate));
        let state = State { turns: burst, rate: rate_max, at: Instant::now() };
        Self { burst, rate_max, state: Mutex::new(state) }
    }

    /// Whether it was somebody's turn before `limit` ran out.
    pub(super) async fn turn_within(&self, limit: Duration) -> bool {
        timeout(limit, self.turn()).await.is_ok()
    }

    pub(super) async fn turn(&self) {
        while let Err(pause) = self.try_turn() {
            sleep(pause).await;
        }
    }

    /// How many calls could go out at once; at least one, because the wait for one is short.
    pub(super) fn ready(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between zero and a small bound"
        )]
        let whole = self.filled().turns.max(1.0) as usize;
        whole
    }

    /// The service has said that it is too fast. Everything in the bucket is given up.
    pub(super) fn slow_down(&self) {
        let mut state = self.filled();
        state.rate = (state.rate / 2.0).max(RATE_MIN);
        state.turns = state.turns.min(0.0);
    }

    pub(super) fn went_well(&self) {
        let mut state = self.filled();
        state.rate = (state.rate + self.rate_max * RECOVERY).min(self.rate_max);
    }

    fn try_turn(&self) -> Result<(), Duration> {
        let mut state = self.filled();
        if state.turns >= 1.0 {
            state.turns -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - state.turns) / state.rate))
    }

    fn filled(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("nothing panics while it is held");
        let now = Instant::now();
        let gained = now.duration_since(state.at).as_secs_f64() * state.rate;
        state.turns = (state.turns + gained).min(self.burst);
        state.at = now;
        state
    }
}

/// A pause anywhere up to the bound: full jitter, so that those who were refused together do not come together.
pub(super) fn jittered(bound: Duration) -> Duration {
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failure_mode_01_a_burst_goes_out_and_then_as_many_as_the_rate_allows() {
        let pace = Pace::new(100, 20);
        let begin = Instant::now();
        for _ in 0..100 {
            pace.turn().await;
        }
        assert_eq!(begin.elapsed(), Duration::ZERO);
        for _ in 0..20 {
            pace.turn().await;
        }
        assert!((0.95..1.1).contains(&begin.elapsed().as_secs_f64()), "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn failure_mode_01_a_throttle_slows_down_and_successes_speed_up_again() {
        let pace = Pace::new(100, 20);
        pace.slow_down();
        let begin = Instant::now();
        pace.turn().await;
        assert!(begin.elapsed() >= Duration::from_millis(95), "ten a second are left");
        for _ in 0..100 {
            pace.slow_down();
        }
        assert!(!pace.turn_within(Duration::from_secs(1)).await);
        for _ in 0..100 {
            pace.went_well();
        }
        sleep(Duration::from_secs(10)).await;
        assert_eq!(pace.ready(), 100);
    }
}
