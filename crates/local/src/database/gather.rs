//! Which writes go into one transaction.
//!
//! An fsync may take milliseconds, and everybody who was answered after one comes back with the next write a
//! moment later. A writer that ran off with whatever waits just then would split its clients into two halves
//! that take turns, each paying for a whole fsync. So it waits for as many as it knows to be about, for a small
//! part of the time that the last transaction took. Whoever writes alone is the only one about and never waits.

use std::{
    mem,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use super::traffic::Traffic;

/// Writes that share a transaction at most, so that no reply waits for long.
const BATCH_MAX: usize = 1_024;
/// The part of the last transaction's time that the next one may wait,
const PATIENCE: u32 = 8;
/// and how long at most: a large write that took long is no reason to wait long.
const PATIENCE_MAX: Duration = Duration::from_millis(1);

pub(super) struct Gathering<T> {
    inbox: Receiver<T>,
    gathered: Vec<T>,
    traffic: Arc<Traffic>,
    patience: Duration,
}

impl<T> Gathering<T> {
    pub(super) fn new(inbox: Receiver<T>, traffic: Arc<Traffic>) -> Self {
        Self { inbox, gathered: Vec::new(), traffic, patience: Duration::ZERO }
    }

    /// The next transaction's writes; `None` when there will be none.
    pub(super) fn next(&mut self) -> Option<Vec<T>> {
        self.gathered.extend(self.inbox.try_iter().take(BATCH_MAX));
        if self.gathered.is_empty() {
            self.gathered.push(self.inbox.recv().ok()?);
        }
        self.wait_for_the_others();
        Some(mem::take(&mut self.gathered))
    }

    fn wait_for_the_others(&mut self) {
        let deadline = Instant::now() + self.patience;
        while self.gathered.len() < self.traffic.about().min(BATCH_MAX) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.inbox.recv_timeout(left) {
                Ok(one) => self.gathered.push(one),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Runs a transaction of as many gathered writes, and looks who waits before anybody is answered and comes back.
    pub(super) fn transaction<R>(&mut self, writes: usize, run: impl FnOnce() -> R) -> R {
        let (outcome, took) = self.traffic.transaction(writes, || {
            let outcome = run();
            self.traffic.no_longer_wait(writes);
            outcome
        });
        self.patience = PATIENCE_MAX.min(took / PATIENCE);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;

    struct Sender(mpsc::Sender<u32>, Arc<Traffic>);

    impl Sender {
        fn send(&self, number: u32) {
            self.1.waits();
            self.0.send(number).unwrap();
        }
    }

    fn gathering() -> (Sender, Gathering<u32>) {
        let (sender, inbox) = mpsc::channel();
        let traffic = Arc::<Traffic>::default();
        (Sender(sender, traffic.clone()), Gathering::new(inbox, traffic))
    }

    fn next(gathering: &mut Gathering<u32>, patience: Duration) -> Vec<u32> {
        let writes = gathering.next().unwrap();
        gathering.transaction(writes.len(), || ());
        gathering.patience = patience;
        writes
    }

    #[test]
    fn a_lone_writer_never_waits() {
        let (sender, mut gathering) = gathering();
        let began = Instant::now();
        for number in 0..10 {
            sender.send(number);
            assert_eq!(next(&mut gathering, LONG), [number]);
        }
        assert!(began.elapsed() < LONG);
    }

    const LONG: Duration = Duration::from_secs(10);

    #[test]
    fn those_who_were_answered_are_waited_for() {
        let (sender, mut gathering) = gathering();
        sender.send(1);
        sender.send(2);
        assert_eq!(next(&mut gathering, LONG), [1, 2]);
        sender.send(3);
        let late = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            sender.send(4);
        });
        assert_eq!(next(&mut gathering, LONG), [3, 4]);
        late.join().unwrap();
        assert_eq!(gathering.next(), None);
    }

    #[test]
    fn nobody_is_waited_for_where_transactions_are_quick() {
        let (sender, mut gathering) = gathering();
        sender.send(1);
        sender.send(2);
        assert_eq!(next(&mut gathering, Duration::ZERO), [1, 2]);
        sender.send(3);
        assert_eq!(next(&mut gathering, Duration::ZERO), [3]);
    }
}
