//! The queues keep the port's promises.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_runner_aws::{BANDS, work_queue::SqsWorkQueue};
use agent_runner_domain::{
    Timestamp,
    ports::{Clock, QueueError, QueueMessage, Receipt, WorkQueue},
};
use agent_runner_testkit::{
    FrozenClock, Samples, conformance::work_queue::Subject, memory::MemoryStore,
};
use async_trait::async_trait;

use super::site::Site;

/// Stands for the service's own sense of time: the emulator's clock is real, and the rules' clock is not. A hold
/// that has run out by the rules' clock is ended by hand.
struct Timed {
    queue: SqsWorkQueue,
    clock: FrozenClock,
    holds: Mutex<Holds>,
}

#[derive(Default)]
struct Holds {
    seen: Timestamp,
    passed: Duration,
    /// What was received, and at what time of `passed`.
    held: Vec<(Duration, Receipt)>,
}

impl Holds {
    /// Time that was set back has not passed.
    fn tick(&mut self, now: Timestamp) -> Vec<Receipt> {
        self.passed += now.since(self.seen);
        self.seen = now;
        let over = |since: Duration| self.passed >= since + <dyn WorkQueue>::HOLD;
        let (ended, held) = std::mem::take(&mut self.held).into_iter().partition(|it| over(it.0));
        self.held = held;
        let ended: Vec<_> = ended;
        ended.into_iter().map(|(_, receipt)| receipt).collect()
    }
}

impl Timed {
    async fn tick(&self) -> Result<(), QueueError> {
        let ended = self.holds.lock().unwrap().tick(self.clock.now());
        self.queue.release(ended).await
    }
}

#[async_trait]
impl WorkQueue for Timed {
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError> {
        self.queue.send(messages).await
    }

    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Receipt>, QueueError> {
        self.tick().await?;
        let receipts = self.queue.receive(max, wait).await?;
        let mut holds = self.holds.lock().unwrap();
        let now = holds.passed;
        holds.held.extend(receipts.iter().map(|receipt| (now, receipt.clone())));
        Ok(receipts)
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.tick().await?;
        self.queue.ack(receipts).await
    }

    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.tick().await?;
        self.queue.release(receipts).await
    }
}

async fn subject() -> (Subject, ()) {
    let site = Site::new();
    site.make_queues().await;
    let samples = Samples::default();
    let clock = samples.clock.clone();
    let queue = SqsWorkQueue::open(site.sqs(), &site.names, Arc::new(clock.clone())).await;
    // The emulator's queues keep their order, and some rules want to see it.
    let queue = queue.unwrap().with_calls_at_once(1);
    let holds = Mutex::new(Holds { seen: clock.now(), ..Holds::default() });
    let subject = Subject {
        queue: Arc::new(Timed { queue, clock, holds }),
        store: Arc::new(MemoryStore::default()),
        samples,
    };
    (subject, ())
}

agent_runner_testkit::work_queue_suite!(subject().await);

#[tokio::test]
async fn a_missing_queue_is_named() {
    let site = Site::new();
    let clock = Arc::new(FrozenClock::default());
    let error = SqsWorkQueue::open(site.sqs(), &site.names, clock).await.err().unwrap();
    let name = site.names.work_queue(BANDS[0]);
    assert!(error.to_string().contains(&name), "{error}");
}
