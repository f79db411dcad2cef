//! Who goes first.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::mutant::{self, Mutant};

/// 1 (last) to 10 (first).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Priority(u8);

/// The number is no priority.
#[derive(Debug, thiserror::Error)]
#[error("a priority is a whole number from 1 to 10, or low, normal or high")]
pub struct PriorityError;

/// A place in the line of ready jobs; the smallest is launched first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub i64);

impl Priority {
    pub const LOW: Self = Self(2);
    pub const NORMAL: Self = Self(5);
    pub const HIGH: Self = Self(8);

    /// One step of priority is worth this much waiting. So a higher priority goes first among jobs that
    /// became ready together, and nothing starves: the oldest job overtakes every priority in the end.
    pub const STEP: Duration = Duration::from_mins(1);

    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// The place in line of a job of this priority that has been ready since `ready_at`.
    #[must_use]
    pub fn rank(self, ready_at: crate::Timestamp) -> Rank {
        let step = i64::try_from(Self::STEP.as_millis()).expect("a minute fits");
        let since = if mutant::active(Mutant::AgeIgnored) { 0 } else { ready_at.as_millis() };
        let level = if mutant::active(Mutant::PriorityIgnored) { 0 } else { i64::from(self.0) };
        Rank(since - level * step)
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::NORMAL
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl TryFrom<i64> for Priority {
    type Error = PriorityError;

    fn try_from(number: i64) -> Result<Self, PriorityError> {
        match u8::try_from(number) {
            Ok(level @ 1..=10) => Ok(Self(level)),
            _ => Err(PriorityError),
        }
    }
}

impl From<Priority> for i64 {
    fn from(priority: Priority) -> Self {
        priority.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn a_higher_priority_goes_first_and_age_overtakes_it() {
        let now = Timestamp::from_millis(1_000_000_000);
        assert!(Priority::HIGH.rank(now) < Priority::LOW.rank(now));
        let long_after = now.plus(Priority::STEP * 7);
        assert!(Priority::LOW.rank(now) < Priority::HIGH.rank(long_after));
    }
}
