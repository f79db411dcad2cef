//! The queue between the orchestrators. It may lose, double and disorder what it carries.

use std::time::Duration;

use agent_runner_domain::ports::{QueueError, QueueMessage, Receipt, WorkQueue};
use agent_runner_testkit::MemoryQueue;
use async_trait::async_trait;

use super::Gate;
use crate::schedule::Topic;

pub(crate) struct GatedQueue {
    gate: Gate,
    inner: MemoryQueue,
}

impl GatedQueue {
    pub(crate) fn new(gate: Gate) -> Self {
        let inner = gate.sim.world().queue.clone();
        Self { gate, inner }
    }

    async fn call<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, QueueError>>,
    ) -> Result<T, QueueError> {
        self.gate.call(what, work).await.map_err(QueueError)?
    }

    /// What becomes of messages on their way.
    fn carried(&self, messages: Vec<QueueMessage>) -> Vec<QueueMessage> {
        let mut carried = Vec::new();
        for message in messages {
            if self.gate.befalls(|weather| weather.message_lost) {
                self.gate.sim.say(|| "a message is lost".to_owned());
                continue;
            }
            if self.gate.befalls(|weather| weather.message_doubled) {
                carried.push(message.clone());
            }
            carried.push(message);
        }
        carried
    }
}

#[async_trait]
impl WorkQueue for GatedQueue {
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError> {
        let carried = self.carried(messages);
        let send = async {
            let sent = self.inner.send(carried).await;
            self.gate.sim.world().ring(Topic::Work);
            sent
        };
        self.call("queue.send", send).await
    }

    async fn receive(&self, max: usize, _: Duration) -> Result<Vec<Receipt>, QueueError> {
        let receive = async {
            let shuffled = self.gate.befalls(|weather| weather.messages_shuffled);
            let mut receipts = self.inner.receive(max, Duration::ZERO).await?;
            let mut world = self.gate.sim.world();
            if shuffled {
                world.rng.shuffle(&mut receipts);
            }
            world.received(&receipts, max);
            Ok(receipts)
        };
        self.call("queue.receive", receive).await
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.call("queue.ack", self.inner.ack(receipts)).await
    }

    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        let release = async {
            let released = self.inner.release(receipts).await;
            self.gate.sim.world().ring(Topic::Work);
            released
        };
        self.call("queue.release", release).await
    }
}
