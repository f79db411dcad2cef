//! How many write at the moment, which decides who does it.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

/// A caller's thread may be held up for so long by its own write.
const HELD_UP_MAX: Duration = Duration::from_millis(2);

/// Only advice: whoever believes it when it is out of date waits a moment longer.
#[derive(Default)]
pub(super) struct Traffic {
    /// Handed over, and not yet written.
    waiting: AtomicUsize,
    /// How many wrote during the last transaction: those in it, and those who waited for its end.
    about: AtomicUsize,
    /// The last transaction took its time.
    is_slow: AtomicBool,
}

impl Traffic {
    /// Whether whoever writes now is alone, and soon done.
    pub(super) fn is_light(&self) -> bool {
        self.waiting.load(Relaxed) == 0
            && self.about.load(Relaxed) <= 1
            && !self.is_slow.load(Relaxed)
    }

    pub(super) fn about(&self) -> usize {
        self.about.load(Relaxed)
    }

    pub(super) fn waits(&self) {
        self.waiting.fetch_add(1, Relaxed);
    }

    pub(super) fn no_longer_wait(&self, writes: usize) {
        self.waiting.fetch_sub(writes, Relaxed);
    }

    /// Runs a transaction of as many writes. How long it took.
    pub(super) fn transaction<R>(&self, writes: usize, run: impl FnOnce() -> R) -> (R, Duration) {
        let began = Instant::now();
        let outcome = run();
        let took = began.elapsed();
        self.is_slow.store(took > HELD_UP_MAX, Relaxed);
        self.about.store(writes + self.waiting.load(Relaxed), Relaxed);
        (outcome, took)
    }
}
