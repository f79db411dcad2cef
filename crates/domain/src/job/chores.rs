//! Effects that must be carried out after the transition that caused them, as often as needed.
//!
//! They are stored with the job, each with the time at which to try again, so a crash right after the
//! transition loses none of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::LaunchRef;
use crate::Timestamp;

/// What is still to be done for a job besides its state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Chores {
    /// Launches that must end although the job no longer waits for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<StopChore>,
    /// Dependents that must learn that this job is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseChore>,
    /// Descendants that must end because this job was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyChore>,
    /// The call to `callback_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackChore>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopChore {
    pub attempt: u32,
    pub launch: Option<LaunchRef>,
    pub grace_ms: u64,
    pub next_at: Timestamp,
    pub tries: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseChore {
    pub next_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FamilyChore {
    /// Which end of the job was the cancellation: a retry does not call it off.
    pub end: u32,
    /// Children of later attempts, those after a retry, are not meant.
    pub attempts: u32,
    pub next_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallbackChore {
    pub next_at: Timestamp,
    /// Tries begun so far.
    pub tries: u32,
}

/// A receiver that never says 2xx is given up after this many tries, about three days.
pub const CALLBACK_TRIES_MAX: u32 = 10;

/// A launch that is to end is looked at no more often than this, however short its grace.
pub(super) const STOP_PAUSE_MIN: Duration = Duration::from_secs(1);

/// How long one carrying-out may take before somebody else may repeat it.
pub(super) const CHORE_TURN: Duration = Duration::from_secs(30);

impl Chores {
    /// The earliest time at which one of them is due.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        let stops = self.stops.iter().map(|stop| stop.next_at);
        let release = self.release.iter().map(|release| release.next_at);
        let family = self.family.iter().map(|family| family.next_at);
        let callback = self.callback.iter().map(|callback| callback.next_at);
        stops.chain(release).chain(family).chain(callback).min()
    }
}

impl CallbackChore {
    /// The pause after the `tries`-th failed try, as the Standard Webhooks specification suggests.
    pub(super) fn pause(tries: u32) -> Duration {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const SECONDS: [u64; 9] = [
            5,
            5 * MINUTE,
            30 * MINUTE,
            2 * HOUR,
            5 * HOUR,
            10 * HOUR,
            14 * HOUR,
            20 * HOUR,
            24 * HOUR,
        ];
        let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        Duration::from_secs(SECONDS[index.min(SECONDS.len() - 1)])
    }
}
