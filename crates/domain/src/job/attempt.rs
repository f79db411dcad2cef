//! What remains of an attempt when it is over.

use serde::{Deserialize, Serialize};

use super::Cause;
use crate::{Lease, Timestamp};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    pub number: u32,
    /// Kept so that a worker's repeated last word is known to be a repetition.
    pub lease: Lease,
    pub launched_at: Timestamp,
    /// Absent when the worker never said that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    pub ended_at: Timestamp,
    pub end: AttemptEnd,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    Succeeded,
    Failed(Cause),
    /// It stopped to wait for children and let another attempt go on. Nobody pays.
    Waited,
    /// The launcher had no room: nothing ran and nobody pays.
    NotLaunched(String),
}
