//! A work queue that is looked up with its first message: few jobs start others, and looking it up is paid for.

use std::{sync::Arc, time::Duration};

use agent_runner_aws::{Aws, work_queue::SqsWorkQueue};
use agent_runner_domain::ports::{Clock, QueueError, QueueMessage, Receipt, WorkQueue};
use async_trait::async_trait;
use tokio::sync::OnceCell;

pub(super) struct QueueWhenNeeded {
    aws: Aws,
    clock: Arc<dyn Clock>,
    found: OnceCell<SqsWorkQueue>,
}

impl QueueWhenNeeded {
    pub(super) fn new(aws: Aws, clock: Arc<dyn Clock>) -> Self {
        Self { aws, clock, found: OnceCell::new() }
    }

    async fn queue(&self) -> Result<&SqsWorkQueue, QueueError> {
        self.found.get_or_try_init(|| self.aws.work_queue(self.clock.clone())).await
    }
}

#[async_trait]
impl WorkQueue for QueueWhenNeeded {
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError> {
        self.queue().await?.send(messages).await
    }

    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Receipt>, QueueError> {
        self.queue().await?.receive(max, wait).await
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.queue().await?.ack(receipts).await
    }

    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.queue().await?.release(receipts).await
    }
}
