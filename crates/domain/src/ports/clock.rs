//! Time and randomness, as parameters.

use crate::{JobId, Lease, Timestamp};

/// What time it is.
pub trait Clock: Send + Sync {
    /// Wall-clock time. May jump, forwards and backwards; two replicas may disagree by seconds.
    fn now(&self) -> Timestamp;
}

/// New names. Two calls never give the same one, on any replica.
pub trait Ids: Send + Sync {
    /// Ids made later by one source sort later, within a millisecond too.
    fn job_id(&self, now: Timestamp) -> JobId;

    /// Cannot be guessed: it is what a worker's right to write rests on.
    fn lease(&self) -> Lease;
}
