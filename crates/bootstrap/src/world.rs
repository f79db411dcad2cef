//! The real clock and real names.

use std::{
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use agent_runner_domain::{
    JobId, Lease, Timestamp,
    ports::{Clock, Ids},
};

use crate::random;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Random names, which sort by time even within a millisecond.
#[derive(Debug, Default)]
pub struct RandomIds {
    last: Mutex<Option<JobId>>,
}

impl Ids for RandomIds {
    fn job_id(&self, now: Timestamp) -> JobId {
        let random = u128::from_le_bytes(random::bytes::<16>());
        let fresh = JobId::new(now, random);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A step of random width, so that ids of one millisecond cannot be counted up or collide.
        let step = 1 + random % (1 << 32);
        let next = last.map_or(fresh, |last| fresh.max(JobId::from_u128(last.as_u128() + step)));
        *last = Some(next);
        next
    }

    fn lease(&self) -> Lease {
        Lease::from_u128(u128::from_le_bytes(random::bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_millisecond_sort_by_their_making() {
        let ids = RandomIds::default();
        let at = Timestamp::from_millis(1_000_000);
        let made: Vec<_> = (0..1_000).map(|_| ids.job_id(at)).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert!(
            ids.job_id(Timestamp::from_millis(999_999)) > *made.last().unwrap(),
            "a clock may jump back"
        );
    }
}
