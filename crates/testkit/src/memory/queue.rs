//! A [`WorkQueue`] in a map.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use agent_runner_domain::{
    Timestamp,
    ports::{Clock, QueueError, QueueMessage, Receipt, WorkQueue},
};
use async_trait::async_trait;
use tokio::sync::Notify;

/// Messages in memory, each delivered for itself: a job sent twice is delivered twice. Clones share them.
///
/// Waits by tokio's time, and only when it is asked to wait and has nothing.
#[derive(Clone)]
pub struct MemoryQueue {
    lanes: Arc<Mutex<Lanes>>,
    news: Arc<Notify>,
    clock: Arc<dyn Clock>,
}

/// A message's place in line: its rank, then the order of sending.
type Place = (i64, u64);

#[derive(Default)]
struct Lanes {
    ready: BTreeMap<Place, QueueMessage>,
    held: BTreeMap<String, Held>,
    sent: u64,
    deliveries: u64,
    refuses: bool,
}

struct Held {
    place: Place,
    message: QueueMessage,
    since: Timestamp,
}

impl MemoryQueue {
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { lanes: Arc::default(), news: Arc::default(), clock }
    }

    /// How many messages there are: waiting, and held.
    #[must_use]
    pub fn depth(&self) -> (usize, usize) {
        let lanes = self.lock();
        (lanes.ready.len(), lanes.held.len())
    }

    /// Forgets every message, as a queue may.
    pub fn clear(&self) {
        let mut lanes = self.lock();
        lanes.ready.clear();
        lanes.held.clear();
    }

    /// From now on it takes messages no more, or does again.
    pub fn refuse(&self, refuses: bool) {
        self.lock().refuses = refuses;
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, max: usize) -> Vec<Receipt> {
        let now = self.clock.now();
        let mut lanes = self.lock();
        lanes.end_holds(now);
        std::iter::from_fn(|| lanes.deliver(now)).take(max).collect()
    }

    /// How long until a held message comes back by itself.
    fn until_next_hold_ends(&self) -> Duration {
        let now = self.clock.now();
        let lanes = self.lock();
        let ends = lanes.held.values().map(|held| held.since.plus(<dyn WorkQueue>::HOLD));
        ends.min().map_or(Duration::MAX, |end| end.since(now))
    }
}

impl Lanes {
    fn end_holds(&mut self, now: Timestamp) {
        // A hold that began in the future began before the clock was set back.
        let over = |held: &Held| held.since > now || held.since.plus(<dyn WorkQueue>::HOLD) <= now;
        for (_, held) in self.held.extract_if(.., |_, held| over(held)) {
            self.ready.insert(held.place, held.message);
        }
    }

    fn deliver(&mut self, now: Timestamp) -> Option<Receipt> {
        let (place, message) = self.ready.pop_first()?;
        self.deliveries += 1;
        let receipt = Receipt { job: message.job, handle: self.deliveries.to_string() };
        let held = Held { place, message, since: now };
        self.held.insert(receipt.handle.clone(), held);
        Some(receipt)
    }
}

#[async_trait]
impl WorkQueue for MemoryQueue {
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError> {
        let mut lanes = self.lock();
        if lanes.refuses {
            return Err(QueueError("it takes nothing now".to_owned()));
        }
        for message in messages {
            lanes.sent += 1;
            let place = (message.rank.0, lanes.sent);
            lanes.ready.insert(place, message);
        }
        drop(lanes);
        self.news.notify_waiters();
        Ok(())
    }

    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Receipt>, QueueError> {
        let mut left = wait;
        loop {
            // Interest is registered before looking, so that nothing sent in between is missed.
            let mut news = std::pin::pin!(self.news.notified());
            news.as_mut().enable();
            let receipts = self.take(max);
            if !receipts.is_empty() || left.is_zero() || max == 0 {
                return Ok(receipts);
            }
            let began = tokio::time::Instant::now();
            let nap = left.min(self.until_next_hold_ends().max(Duration::from_millis(1)));
            let _ = tokio::time::timeout(nap, news).await;
            left = left.saturating_sub(began.elapsed());
        }
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let mut lanes = self.lock();
        for receipt in receipts {
            lanes.held.remove(&receipt.handle);
        }
        Ok(())
    }

    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let mut lanes = self.lock();
        for receipt in receipts {
            if let Some(held) = lanes.held.remove(&receipt.handle) {
                lanes.ready.insert(held.place, held.message);
            }
        }
        drop(lanes);
        self.news.notify_waiters();
        Ok(())
    }
}
