//! Names that a seed decides, so that a failing run can be repeated.

use std::sync::{Arc, Mutex, PoisonError};

use agent_runner_domain::{JobId, Lease, Timestamp, ports::Ids};

/// The same seed gives the same names. Clones share the sequence.
#[derive(Debug, Clone)]
pub struct SeededIds(Arc<Mutex<Sequence>>);

#[derive(Debug)]
struct Sequence {
    state: u64,
    last: Option<JobId>,
}

impl SeededIds {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let sequence = Sequence { state: seed, last: None };
        Self(Arc::new(Mutex::new(sequence)))
    }

    fn with<R>(&self, use_it: impl FnOnce(&mut Sequence) -> R) -> R {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Sequence {
    fn next_u128(&mut self) -> u128 {
        u128::from(self.next_u64()) << 64 | u128::from(self.next_u64())
    }

    /// splitmix64.
    fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

impl Ids for SeededIds {
    fn job_id(&self, now: Timestamp) -> JobId {
        self.with(|sequence| {
            let fresh = JobId::new(now, sequence.next_u128());
            let id = match sequence.last {
                Some(last) if last >= fresh => JobId::from_u128(last.as_u128() + 1),
                _ => fresh,
            };
            sequence.last = Some(id);
            id
        })
    }

    fn lease(&self) -> Lease {
        self.with(|sequence| Lease::from_u128(sequence.next_u128()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_sort_later_even_when_time_stands_still_or_goes_back() {
        let ids = SeededIds::new(7);
        let made: Vec<_> =
            (0..100).map(|n| ids.job_id(Timestamp::from_millis(1_000 - n / 10))).collect();
        assert!(made.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn a_seed_decides_everything() {
        let (one, same) = (SeededIds::new(1), SeededIds::new(1));
        assert_eq!(one.lease(), same.lease());
        assert_ne!(one.lease(), SeededIds::new(2).lease());
    }
}
