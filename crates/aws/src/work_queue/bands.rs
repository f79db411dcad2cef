//! Which queue a job goes through.

use std::time::Duration;

use agent_runner_domain::{
    Timestamp,
    job::{Priority, Rank},
};

use crate::BANDS;

/// One of the queues, by its place in [`BANDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Band {
    High,
    Normal,
    Low,
}

/// The least urgency of the normal band and of the high one: halfway between two priorities, so that neither the
/// clocks of two orchestrators nor the time since the job became ready move a new job out of its band.
const NORMAL_FROM: Duration = Duration::from_secs(60 * 3 + 30);
const HIGH_FROM: Duration = Duration::from_secs(60 * 6 + 30);

impl Band {
    pub(super) const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// By how long a job of priority 0 would have to wait for the same rank. A message that is sent again, because
    /// its job has waited, so goes through a more urgent queue than the first: age raises it.
    pub(super) fn of(rank: Rank, now: Timestamp) -> Self {
        let level_zero = Timestamp::from_millis(rank.0);
        let urgency = now.since(level_zero);
        match urgency {
            urgency if urgency >= HIGH_FROM => Self::High,
            urgency if urgency >= NORMAL_FROM => Self::Normal,
            _ => Self::Low,
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }

    pub(super) fn name(self) -> &'static str {
        BANDS[self.index()]
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|band| band.name() == name)
    }
}

const _: () = assert!(Priority::STEP.as_secs() == 60, "the bands are counted in steps of priority");

#[cfg(test)]
mod tests {
    use super::*;

    fn band(level: i64, waited: Duration) -> &'static str {
        let ready_at = Timestamp::from_millis(1_800_000_000_000);
        let priority = Priority::try_from(level).unwrap();
        Band::of(priority.rank(ready_at), ready_at.plus(waited)).name()
    }

    #[test]
    fn priorities_have_their_bands_and_age_raises() {
        let at_once: Vec<_> = (1..=10).map(|level| band(level, Duration::ZERO)).collect();
        let (low, normal, high) = ("low", "normal", "high");
        let expected = [low, low, low, normal, normal, normal, high, high, high, high];
        assert_eq!(at_once, expected);
        assert_eq!(band(2, Duration::from_mins(2)), normal);
        assert_eq!(band(1, Duration::from_mins(6)), high);
        assert_eq!(band(5, Duration::from_secs(20)), normal, "some delay changes nothing");
    }
}
