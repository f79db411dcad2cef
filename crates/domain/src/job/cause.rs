//! Why something ended without success.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    mutant::{self, Mutant},
};

/// The kinds of end that are no success. Stable: programs branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The handler said no: a program that exited with a code, an input it could not use.
    HandlerError,
    /// The payload passed the schema and the handler still could not read it.
    InvalidPayload,
    /// The attempt ran longer than its `timeout_seconds`.
    Timeout,
    /// The attempt was killed because it used too much memory.
    OutOfMemory,
    /// The worker went away, or fell silent, without a result.
    WorkerLost,
    /// The worker could not be started, or never said that it runs.
    LaunchFailed,
    /// The worker was told to stop by its surroundings: a shutdown, a Spot reclaim.
    Interrupted,
    /// The next model call would have cost more than was allowed.
    BudgetExceeded,
    /// A job that this one depends on did not succeed.
    DependencyFailed,
    /// A model provider refused or failed.
    ProviderError,
    /// A user cancelled the job.
    Cancelled,
}

/// Whose bound of attempts a failure counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaidBy {
    User,
    Infrastructure,
}

impl CauseKind {
    #[must_use]
    pub fn paid_by(self) -> PaidBy {
        match self {
            Self::WorkerLost if mutant::active(Mutant::InfrastructureChargedToUser) => PaidBy::User,
            Self::WorkerLost | Self::LaunchFailed | Self::Interrupted => PaidBy::Infrastructure,
            _ => PaidBy::User,
        }
    }

    /// Its name in JSON: `handler_error`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HandlerError => "handler_error",
            Self::InvalidPayload => "invalid_payload",
            Self::Timeout => "timeout",
            Self::OutOfMemory => "out_of_memory",
            Self::WorkerLost => "worker_lost",
            Self::LaunchFailed => "launch_failed",
            Self::Interrupted => "interrupted",
            Self::BudgetExceeded => "budget_exceeded",
            Self::DependencyFailed => "dependency_failed",
            Self::ProviderError => "provider_error",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What is known about how it happened. Empty fields are unknown, not zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The platform's own word for it, such as ECS's `TaskFailedToStart`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_code: Option<String>,
    /// The last of what was printed to standard error, at most [`Evidence::STDERR_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stderr_tail: Option<String>,
}

impl Evidence {
    pub const STDERR_BYTES_MAX: usize = 2_048;

    /// Keeps the end of `text`, cut at a character.
    #[must_use]
    pub fn tail(text: &str) -> Option<String> {
        let cut = text.len().saturating_sub(Self::STDERR_BYTES_MAX);
        let start = (cut..=text.len()).find(|at| text.is_char_boundary(*at))?;
        Some(text[start..].to_owned()).filter(|tail| !tail.is_empty())
    }
}

/// Whether another attempt could help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAdvice {
    Retry,
    GiveUp,
}

/// A failed attempt as whoever saw it describes it; [`Cause`] is what the job makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: CauseKind,
    /// One sentence for people.
    pub message: String,
    #[serde(default)]
    pub evidence: Evidence,
    pub retry: RetryAdvice,
    /// What was asked wants to be left alone for so long; the backoff may be longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// The longest pause that a failure can ask for.
    pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

    /// A failure that another attempt may not repeat.
    #[must_use]
    pub fn passing(kind: CauseKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            evidence: Evidence::default(),
            retry: RetryAdvice::Retry,
            retry_after_ms: None,
        }
    }

    /// A failure that every attempt would repeat.
    #[must_use]
    pub fn lasting(kind: CauseKind, message: impl Into<String>) -> Self {
        Self { retry: RetryAdvice::GiveUp, ..Self::passing(kind, message) }
    }

    #[must_use]
    pub fn with_evidence(self, evidence: Evidence) -> Self {
        Self { evidence, ..self }
    }

    #[must_use]
    pub fn with_retry_after(self, pause: Duration) -> Self {
        let millis = pause.min(Self::RETRY_AFTER_MAX).as_millis();
        Self { retry_after_ms: u64::try_from(millis).ok(), ..self }
    }

    /// At most [`Failure::RETRY_AFTER_MAX`], whatever a worker says.
    pub(super) fn retry_after(&self) -> Duration {
        let asked = self.retry_after_ms.map_or(Duration::ZERO, Duration::from_millis);
        asked.min(Self::RETRY_AFTER_MAX)
    }
}

/// Why the last attempt or the job ended, who pays for it, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    pub kind: CauseKind,
    /// One sentence for people.
    pub message: String,
    #[serde(default)]
    pub evidence: Evidence,
    pub paid_by: PaidBy,
    /// When the next attempt may start; absent when there will be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_bounded_and_cut_at_a_character() {
        assert_eq!(Evidence::tail(""), None);
        let tail = Evidence::tail(&"é".repeat(2_000)).unwrap();
        assert!(tail.len() <= Evidence::STDERR_BYTES_MAX && tail.starts_with('é'));
    }
}
