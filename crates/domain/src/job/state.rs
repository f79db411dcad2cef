//! Where a job is in its life.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{JobId, Lease, Timestamp};

/// A variant holds exactly what is true while the job is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Waits for the jobs it depends on, or for those it has started.
    Blocked {
        /// Not launched before this, even when the dependencies are done.
        not_before: Timestamp,
        /// When to look at the dependencies again although nobody has called.
        check_at: Timestamp,
        /// How often that was done; the pauses grow.
        checks: u32,
        /// Children that must be final before the job goes on, however they end. Empty while it
        /// waits for what it depends on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        waits_for: Vec<JobId>,
    },
    /// May be launched at or after `not_before`.
    Queued {
        not_before: Timestamp,
        /// Since when it stands in line; `None` until `not_before` has been seen to pass.
        ready_at: Option<Timestamp>,
        /// When to send its queue message again, should the last one be lost.
        resend_at: Timestamp,
        /// How often the message was sent; the pauses grow.
        sends: u32,
    },
    /// An attempt and its lease exist and a launch was asked for.
    Launching {
        attempt: u32,
        lease: Lease,
        since: Timestamp,
        terms: Terms,
        launch: Option<LaunchRef>,
    },
    /// The worker has said so under the lease.
    Running {
        attempt: u32,
        lease: Lease,
        since: Timestamp,
        terms: Terms,
        launch: Option<LaunchRef>,
        started_at: Timestamp,
        heartbeat_at: Timestamp,
        /// When to look for the worker unless it speaks before.
        look_at: Timestamp,
        /// It was silent for too long once already: the next bad sign is enough.
        suspected: bool,
    },
    /// No way out but a user's retry.
    Finished { outcome: Outcome, at: Timestamp },
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
}

/// What is agreed for one attempt when it is claimed, so that a change of configuration never confuses a
/// worker that already runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The worker must say that it runs this long after the claim.
    pub launch_ms: u64,
    /// The worker says that it lives this often.
    pub heartbeat_ms: u64,
    /// Between being told to stop and being killed.
    pub grace_ms: u64,
}

impl Terms {
    /// Heartbeats that may be missed before the worker is looked for.
    pub const SUSPECT_AFTER_BEATS: u32 = 3;
    /// Heartbeats that may be missed before it is lost, whatever the launcher says.
    pub const LOST_AFTER_BEATS: u32 = 6;

    #[must_use]
    pub fn launch(&self) -> Duration {
        Duration::from_millis(self.launch_ms)
    }

    #[must_use]
    pub fn heartbeat(&self) -> Duration {
        Duration::from_millis(self.heartbeat_ms)
    }

    #[must_use]
    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

impl Default for Terms {
    fn default() -> Self {
        Self { launch_ms: 15_000, heartbeat_ms: 10_000, grace_ms: 10_000 }
    }
}

/// The launcher's own name for a launch: a process with its start time, a task ARN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LaunchRef(pub String);

/// The state's name, as everybody outside sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Blocked,
    Queued,
    Launching,
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
}

/// The text is no status.
#[derive(Debug, thiserror::Error)]
#[error(
    "a status is one of BLOCKED, QUEUED, LAUNCHING, RUNNING, SUCCEEDED, FAILED, TIMED_OUT, CANCELLED"
)]
pub struct StatusError;

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Blocked,
        Self::Queued,
        Self::Launching,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
    ];

    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::TimedOut | Self::Cancelled)
    }

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "BLOCKED",
            Self::Queued => "QUEUED",
            Self::Launching => "LAUNCHING",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = StatusError;

    fn from_str(text: &str) -> Result<Self, StatusError> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(StatusError)
    }
}

impl JobState {
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Blocked { .. } => Status::Blocked,
            Self::Queued { .. } => Status::Queued,
            Self::Launching { .. } => Status::Launching,
            Self::Running { .. } => Status::Running,
            Self::Finished { outcome, .. } => match outcome {
                Outcome::Succeeded => Status::Succeeded,
                Outcome::Failed => Status::Failed,
                Outcome::TimedOut => Status::TimedOut,
                Outcome::Cancelled => Status::Cancelled,
            },
        }
    }

    /// The lease in force, if an attempt is under way.
    #[must_use]
    pub fn lease(&self) -> Option<Lease> {
        match self {
            Self::Launching { lease, .. } | Self::Running { lease, .. } => Some(*lease),
            _ => None,
        }
    }

    /// What is agreed for the attempt under way.
    #[must_use]
    pub fn terms(&self) -> Option<Terms> {
        match self {
            Self::Launching { terms, .. } | Self::Running { terms, .. } => Some(*terms),
            _ => None,
        }
    }
}
