//! When to try again, and how long to wait before: as the official SDKs do.

use std::time::Duration;

use crate::error::Advice;

/// How often and how patiently a call is repeated.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// Tries after the first one.
    pub retries_max: u32,
    /// A server that wants a longer pause than this is left alone; the error says for how long.
    pub wait_max: Duration,
    /// The pause of the whole provider after a 429 that does not say how long to wait. That can be a
    /// spend cap, which does not go away by asking again.
    pub cool_down: Duration,
    /// Start over even if a part of the answer was handed on. The stream then says so with
    /// `Event::Restarted`, and what came before it is void.
    pub restart_streams: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries_max: 2,
            wait_max: Duration::from_mins(2),
            cool_down: Duration::from_mins(1),
            restart_streams: false,
        }
    }
}

/// What a refusal says about trying again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    pub(crate) should_retry: Option<bool>,
    pub(crate) retry_after: Option<Duration>,
}

impl RetryPolicy {
    /// What to do about an answer with this status.
    pub(crate) fn advice(&self, status: u16, hints: Hints) -> Advice {
        let usual = matches!(status, 408 | 409 | 429) || status >= 500;
        match hints.retry_after {
            Some(wait) if usual && wait > self.wait_max => return Advice::CoolDown(wait),
            None if status == 429 && hints.should_retry != Some(true) => {
                return Advice::CoolDown(self.cool_down);
            }
            _ => {}
        }
        if hints.should_retry.unwrap_or(usual) {
            Advice::Retry { after: hints.retry_after }
        } else {
            Advice::GiveUp
        }
    }

    /// The pause before the try after `retries` of them; `None`: no more tries.
    /// `random` is in `0.0..1.0`.
    pub(crate) fn pause(&self, advice: Advice, retries: u32, random: f64) -> Option<Duration> {
        let Advice::Retry { after } = advice else { return None };
        if retries >= self.retries_max {
            return None;
        }
        let asked_for = after.filter(|wait| !wait.is_zero() && *wait <= self.wait_max);
        Some(asked_for.unwrap_or_else(|| backoff(retries, random)))
    }
}

const FIRST_PAUSE_SECONDS: f64 = 0.5;
const PAUSE_SECONDS_MAX: f64 = 8.0;

fn backoff(retries: u32, random: f64) -> Duration {
    let doubled = FIRST_PAUSE_SECONDS * 2_f64.powi(retries.min(16).cast_signed());
    Duration::from_secs_f64(doubled.min(PAUSE_SECONDS_MAX) * (1.0 - 0.25 * random))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after(wait: Duration) -> Hints {
        Hints { retry_after: Some(wait), ..Hints::default() }
    }

    #[test]
    fn statuses_are_retried_as_the_sdks_do() {
        let policy = RetryPolicy::default();
        let advice = |status| policy.advice(status, Hints::default());
        for status in [408, 409, 500, 502, 503, 504, 529] {
            assert_eq!(advice(status), Advice::Retry { after: None }, "{status}");
        }
        for status in [400, 401, 402, 403, 404, 413, 422] {
            assert_eq!(advice(status), Advice::GiveUp, "{status}");
        }
    }

    #[test]
    fn a_429_is_retried_only_if_it_says_when() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.advice(429, Hints::default()), Advice::CoolDown(policy.cool_down));
        assert_eq!(policy.advice(429, after(SECOND)), Advice::Retry { after: Some(SECOND) });
        let asked = Hints { should_retry: Some(true), retry_after: None };
        assert_eq!(policy.advice(429, asked), Advice::Retry { after: None });
    }

    #[test]
    fn a_server_that_wants_an_hour_is_left_alone_for_an_hour() {
        let hour = 3600 * SECOND;
        assert_eq!(RetryPolicy::default().advice(503, after(hour)), Advice::CoolDown(hour));
    }

    #[test]
    fn what_the_server_says_about_retrying_wins() {
        let says = |answer| Hints { should_retry: Some(answer), retry_after: None };
        let policy = RetryPolicy::default();
        assert_eq!(policy.advice(500, says(false)), Advice::GiveUp);
        assert_eq!(policy.advice(400, says(true)), Advice::Retry { after: None });
    }

    #[test]
    fn pauses_grow_up_to_a_limit_and_differ() {
        let policy = RetryPolicy { retries_max: 9, ..RetryPolicy::default() };
        let pause = |n, random| policy.pause(Advice::Retry { after: None }, n, random).unwrap();
        let longest: Vec<f64> = (0..7).map(|n| pause(n, 0.0).as_secs_f64()).collect();
        assert_eq!(longest, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
        assert_eq!(pause(1, 1.0), Duration::from_millis(750));
    }

    #[test]
    fn there_are_two_retries_and_the_asked_for_pause_is_kept() {
        let policy = RetryPolicy::default();
        let pause = |n| policy.pause(Advice::Retry { after: Some(3 * SECOND) }, n, 0.0);
        assert_eq!([pause(0), pause(1), pause(2)], [Some(3 * SECOND), Some(3 * SECOND), None]);
        assert_eq!(policy.pause(Advice::GiveUp, 0, 0.0), None);
        assert_eq!(policy.pause(Advice::CoolDown(SECOND), 0, 0.0), None);
    }
}
