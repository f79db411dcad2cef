//! How a ready job reaches a dispatcher quickly.

use std::time::Duration;

use async_trait::async_trait;

use crate::{JobId, TenantId, job::Rank};

/// A hint that this job can be launched. Only a hint: the store decides, so a message may be lost, late,
/// doubled or about a job that is no longer ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    pub job: JobId,
    pub rank: Rank,
    pub tenant: TenantId,
}

/// A message in somebody's hands, until it is acknowledged, released or its hold runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    pub job: JobId,
    /// The backend's name for this delivery.
    pub handle: String,
}

#[derive(Debug, thiserror::Error)]
#[error("the work queue is unavailable: {0}")]
pub struct QueueError(pub String);

/// Carries the ids of jobs that are stored as ready. An adapter may derive its content from the store it
/// shares a database with; therefore callers store a job as ready first and send its message then, and a
/// job that is no longer ready may vanish from the queue by itself.
#[async_trait]
pub trait WorkQueue: Send + Sync {
    /// A job sent twice may be delivered twice.
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError>;

    /// Up to `max` messages, smallest rank first as far as the backend can order (bands at least); waits up to
    /// `wait` for the first. What it returns is held: nobody else gets it until `HOLD` (30 s) has passed.
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Receipt>, QueueError>;

    /// The messages are done with. Unknown handles are ignored.
    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError>;

    /// The messages may be received again, at once.
    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError>;
}

impl dyn WorkQueue {
    /// How long a received message is held back from others.
    pub const HOLD: Duration = Duration::from_secs(30);
}
