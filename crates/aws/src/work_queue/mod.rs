//! The [`WorkQueue`] on SQS: one standard queue per band of urgency.
//!
//! A message names a job and nothing else, so it may be lost or doubled. It is deleted after the durable launch, not
//! after the job: liveness comes from heartbeats, and no message is ever held for as long as a job runs. Messages
//! that nobody could handle end in the dead letters, by the redrive policy that infrastructure sets.

mod bands;
mod batches;
mod polls;
#[cfg(test)]
mod tests;
mod turns;
mod wire;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::ports::{Clock, QueueError, QueueMessage, Receipt, WorkQueue};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use tokio::time::{Instant, timeout, timeout_at};

use self::{
    bands::Band,
    batches::{Batches, Deed, Entry},
    polls::Polls,
    turns::Turns,
    wire::Delivery,
};
use crate::{Names, queues};

/// How long an answer may be under way to a poll.
const ON_ITS_WAY_MAX: Duration = Duration::from_millis(50);
/// Batch calls under way at the same time.
const CALLS_AT_ONCE: usize = 8;

/// The queues of one installation.
pub struct SqsWorkQueue {
    batches: Batches,
    polls: Arc<Polls>,
    turns: Mutex<Turns>,
    clock: Arc<dyn Clock>,
}

/// Which bands to ask besides taking what their polls have brought.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask {
    All,
    /// A poll under way would have been answered if there were something.
    ThoseWithoutPoll,
    Nobody,
}

impl SqsWorkQueue {
    /// Looks up the queues of [`Names::work_queue`].
    ///
    /// # Errors
    /// Names the queue that is missing.
    pub async fn open(
        sqs: Client,
        names: &Names,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, QueueError> {
        let mut urls = Vec::with_capacity(Band::ALL.len());
        for band in Band::ALL {
            let url = queues::url(&sqs, &names.work_queue(band.name())).await;
            urls.push(url.map_err(|fault| QueueError(fault.to_string()))?);
        }
        let batches = Batches { sqs, urls: urls.into(), at_once: CALLS_AT_ONCE };
        let polls = Arc::new(Polls::new(batches.clone()));
        Ok(Self { batches, polls, turns: Mutex::default(), clock })
    }

    /// With so many batch calls under way at the same time. One keeps the order of what is sent, as far as the
    /// queues have any.
    #[must_use]
    pub fn with_calls_at_once(mut self, count: usize) -> Self {
        self.batches.at_once = count.max(1);
        self
    }

    /// Hands back what was received and not asked for, so that another orchestrator has it at once. Waits for the
    /// polls under way, which would otherwise be answered to nobody.
    pub async fn close(&self) {
        self.polls.close().await;
    }

    /// What is here or can be had without waiting, band by band.
    async fn look(&self, max: usize, ask: Ask) -> Result<Vec<Delivery>, QueueError> {
        let plan = self.turns().plan(max);
        let mut found = Vec::new();
        for (band, share) in plan {
            let wanted = share.min(max - found.len());
            if wanted == 0 {
                self.turns().passed_over(band);
                continue;
            }
            let mut mine = self.polls.take(band, wanted);
            let missing = wanted - mine.len();
            if missing > 0 && self.may_ask(band, ask) {
                match self.batches.receive(band, missing).await {
                    Ok(more) => mine.extend(more),
                    // What is in hand already is worth more than the trouble.
                    Err(error) if mine.is_empty() && found.is_empty() => return Err(error),
                    Err(error) => tracing::warn!(%error, "A queue could not be asked"),
                }
            }
            mine.sort_by_key(|delivery| (delivery.rank, delivery.job));
            found.append(&mut mine);
            self.turns().served(band);
        }
        Ok(found)
    }

    fn may_ask(&self, band: Band, ask: Ask) -> bool {
        match ask {
            Ask::All => true,
            Ask::ThoseWithoutPoll => !self.polls.is_under_way(band),
            Ask::Nobody => false,
        }
    }

    async fn receive_now(&self, max: usize) -> Result<Vec<Delivery>, QueueError> {
        let mut news = std::pin::pin!(self.polls.news());
        news.as_mut().enable();
        let found = self.look(max, Ask::All).await?;
        if !found.is_empty() || !self.polls.any_under_way() {
            return Ok(found);
        }
        // What was not found may be on its way here already, in the answer to a poll.
        let _ = timeout(ON_ITS_WAY_MAX, news).await;
        self.look(max, Ask::Nobody).await
    }

    async fn receive_within(
        &self,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        let end = Instant::now() + wait;
        loop {
            // Interest is registered before looking, so that nothing that arrives in between is missed.
            let mut news = std::pin::pin!(self.polls.news());
            news.as_mut().enable();
            let found = self.look(max, Ask::ThoseWithoutPoll).await?;
            if !found.is_empty() {
                return Ok(found);
            }
            self.polls.take_trouble()?;
            self.polls.start(max);
            if timeout_at(end, news).await.is_err() {
                return self.look(max, Ask::Nobody).await;
            }
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().expect("nothing panics while it is held")
    }
}

#[async_trait]
impl WorkQueue for SqsWorkQueue {
    async fn send(&self, messages: Vec<QueueMessage>) -> Result<(), QueueError> {
        let now = self.clock.now();
        let mut bands = Band::ALL.map(|_| Vec::new());
        for message in messages {
            bands[Band::of(message.rank, now).index()].push(Entry::of(&message));
        }
        self.batches.run_all(Deed::Send, bands).await
    }

    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Receipt>, QueueError> {
        let found = match (max, wait) {
            (0, _) => Vec::new(),
            (_, Duration::ZERO) => self.receive_now(max).await?,
            _ => self.receive_within(max, wait).await?,
        };
        Ok(found.into_iter().map(Receipt::from).collect())
    }

    async fn ack(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.batches.run_for(Deed::Delete, receipts).await
    }

    async fn release(&self, receipts: Vec<Receipt>) -> Result<(), QueueError> {
        self.batches.run_for(Deed::Show, receipts).await
    }
}
