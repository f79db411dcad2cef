//! How long to wait before the next attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Exponential backoff: `initial · factorⁿ`, at most `max`, less a random part of up to `jitter` of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Backoff {
    pub initial_ms: u64,
    pub factor: f64,
    pub max_ms: u64,
    /// 0 (none) to 1 (anything between nothing and the whole delay).
    pub jitter: f64,
}

impl Backoff {
    /// For failures that were not the user's fault: quick at first, patient in the end.
    pub const INFRASTRUCTURE: Self =
        Self { initial_ms: 500, factor: 2.0, max_ms: 60_000, jitter: 0.5 };

    /// The delay after the `failures`-th failure (1, 2, …). `seed` stands in for randomness, so that the
    /// state machine stays a pure function: the same job and attempt wait equally long on every replica.
    #[must_use]
    pub fn delay(&self, failures: u32, seed: u64) -> Duration {
        let exponent = i32::try_from(failures.saturating_sub(1)).unwrap_or(i32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "delays are far below 2^53 ms")]
        let whole = (self.initial_ms as f64 * self.factor.powi(exponent)).min(self.max_ms as f64);
        let millis = whole * (1.0 - self.jitter * fraction(seed));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and max_ms; a NaN becomes 0"
        )]
        Duration::from_millis(millis as u64)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { initial_ms: 1_000, factor: 2.0, max_ms: 300_000, jitter: 0.5 }
    }
}

/// A number in [0, 1) that looks random: the finaliser of splitmix64.
fn fraction(seed: u64) -> f64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let high = u32::try_from((bits ^ (bits >> 31)) >> 32).expect("32 bits are left");
    f64::from(high) / 4_294_967_296.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_delay_never_exceeds_its_bound(
            initial_ms in 0_u64..10_000_000, factor in 1.0..10.0_f64, max_ms in 0_u64..100_000_000,
            jitter in 0.0..=1.0_f64, failures: u32, seed: u64,
        ) {
            let backoff = Backoff { initial_ms, factor, max_ms, jitter };
            prop_assert!(backoff.delay(failures, seed) <= Duration::from_millis(max_ms));
        }
    }

    #[test]
    fn delays_double_until_the_bound() {
        let backoff = Backoff { initial_ms: 100, factor: 2.0, max_ms: 350, jitter: 0.0 };
        let delays: Vec<_> = (1..=4).map(|n| backoff.delay(n, 7).as_millis()).collect();
        assert_eq!(delays, [100, 200, 350, 350]);
    }

    #[test]
    fn jitter_spreads() {
        let backoff = Backoff { initial_ms: 1000, factor: 1.0, max_ms: 1000, jitter: 1.0 };
        let early = (0..1000).filter(|seed| backoff.delay(1, *seed).as_millis() < 500).count();
        assert!((400..600).contains(&early), "{early} of 1000 in the lower half");
    }
}
