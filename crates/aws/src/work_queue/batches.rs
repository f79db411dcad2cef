//! Calls of ten messages each, and what to do when some of the ten fail.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::ports::{QueueError, QueueMessage, Receipt, WorkQueue};
use aws_sdk_sqs::{
    Client,
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
        DeleteMessageBatchRequestEntry, SendMessageBatchRequestEntry, builders,
    },
};
use futures::{StreamExt, stream};

use super::{
    bands::Band,
    wire::{self, Delivery},
};
use crate::{fault::Fault, queues};

/// The service's own limit.
pub(super) const BATCH_MAX: usize = 10;
/// How often the messages of a batch that failed for the service's reasons are tried.
const TRIES_MAX: u32 = 5;
/// How many batches in a row may fail before the others are left out. A throttle hits some of many; a service that is
/// away would keep the caller waiting for each.
const FAILURES_MAX: usize = 8;
const PAUSE_FIRST: Duration = Duration::from_millis(50);

/// The queues, and calls to them.
#[derive(Clone)]
pub(super) struct Batches {
    pub(super) sqs: Client,
    /// By [`Band::index`].
    pub(super) urls: Arc<[String]>,
    pub(super) at_once: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Send,
    Delete,
    /// Ends the hold.
    Show,
}

/// A message's body, or the handle of one that was received.
#[derive(Clone)]
pub(super) struct Entry {
    text: String,
    /// Who gets a fair share of the queue.
    tenant: Option<String>,
}

impl Entry {
    pub(super) fn of(message: &QueueMessage) -> Self {
        Self { text: wire::body(message), tenant: Some(message.tenant.to_string()) }
    }
}

impl Batches {
    /// Up to `max` messages that are there now.
    pub(super) async fn receive(
        &self,
        band: Band,
        max: usize,
    ) -> Result<Vec<Delivery>, QueueError> {
        let mut found = self.receive_ten(band, max.min(BATCH_MAX), Duration::ZERO).await?;
        if found.len() < BATCH_MAX || max == BATCH_MAX {
            return Ok(found);
        }
        let sizes = (BATCH_MAX..max).step_by(BATCH_MAX).map(|taken| (max - taken).min(BATCH_MAX));
        let calls = sizes.map(|size| self.receive_ten(band, size, Duration::ZERO));
        let answers: Vec<_> = stream::iter(calls).buffered(self.at_once).collect().await;
        // A call that failed took nothing along; the next look asks again.
        found.extend(answers.into_iter().filter_map(Result::ok).flatten());
        Ok(found)
    }

    /// One call, which waits for the first message.
    pub(super) async fn receive_ten(
        &self,
        band: Band,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, QueueError> {
        let hold = i32::try_from(<dyn WorkQueue>::HOLD.as_secs()).expect("half a minute fits");
        let url = &self.urls[band.index()];
        let messages = queues::receive(&self.sqs, url, max, hold, wait)
            .await
            .map_err(|fault| unavailable(&fault))?;
        Ok(messages.into_iter().filter_map(|message| wire::read(band, message)).collect())
    }

    /// The same for receipts of any band. Those that are no receipts of ours are ignored.
    pub(super) async fn run_for(
        &self,
        deed: Deed,
        receipts: Vec<Receipt>,
    ) -> Result<(), QueueError> {
        let mut bands = Band::ALL.map(|_| Vec::new());
        for (band, handle) in receipts.iter().filter_map(wire::split) {
            bands[band.index()].push(Entry { text: handle.to_owned(), tenant: None });
        }
        self.run_all(deed, bands).await
    }

    pub(super) async fn run_on(
        &self,
        band: Band,
        deed: Deed,
        handles: Vec<String>,
    ) -> Result<(), QueueError> {
        let entries = handles.into_iter().map(|text| Entry { text, tenant: None });
        self.run(band, deed, entries.collect()).await
    }

    /// By [`Band::index`]. Trouble with one band keeps nothing back from the others; the first is told.
    pub(super) async fn run_all(
        &self,
        deed: Deed,
        bands: [Vec<Entry>; Band::ALL.len()],
    ) -> Result<(), QueueError> {
        let mut all = Ok(());
        for (band, entries) in Band::ALL.into_iter().zip(bands) {
            all = all.and(self.run(band, deed, entries).await);
        }
        all
    }

    async fn run(&self, band: Band, deed: Deed, entries: Vec<Entry>) -> Result<(), QueueError> {
        let batches = entries.chunks(BATCH_MAX).map(<[Entry]>::to_vec).collect::<Vec<_>>();
        let calls = batches.into_iter().map(|batch| self.until_done(band, deed, batch));
        let mut answers = stream::iter(calls).buffered(self.at_once);
        let (mut all, mut failed_in_a_row) = (Ok(()), 0);
        while let Some(answer) = answers.next().await {
            failed_in_a_row = if answer.is_err() { failed_in_a_row + 1 } else { 0 };
            all = all.and(answer);
            if failed_in_a_row == FAILURES_MAX {
                break;
            }
        }
        all
    }

    async fn until_done(
        &self,
        band: Band,
        deed: Deed,
        mut batch: Vec<Entry>,
    ) -> Result<(), QueueError> {
        let mut pause = PAUSE_FIRST;
        for _ in 1..TRIES_MAX {
            batch = self.once(band, deed, &batch).await?.0;
            if batch.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(pause.mul_f64(fastrand::f64())).await;
            pause *= 2;
        }
        match self.once(band, deed, &batch).await? {
            (_, None) => Ok(()),
            (_, Some(reason)) => Err(QueueError(reason)),
        }
    }

    /// The entries that may work later, and why they did not.
    async fn once(
        &self,
        band: Band,
        deed: Deed,
        batch: &[Entry],
    ) -> Result<(Vec<Entry>, Option<String>), QueueError> {
        let failed = self.call(band, deed, batch).await.map_err(|fault| unavailable(&fault))?;
        let (mut again, mut reason) = (Vec::new(), None);
        for failure in failed {
            // A handle that means nothing any more: the message is somebody else's now, or done with.
            if failure.sender_fault && deed != Deed::Send {
                continue;
            }
            let said = failure.message.unwrap_or(failure.code);
            if failure.sender_fault {
                return Err(QueueError(format!("a message was refused: {said}")));
            }
            reason = Some(said);
            again.extend(failure.id.parse::<usize>().ok().and_then(|at| batch.get(at)).cloned());
        }
        Ok((again, reason))
    }

    async fn call(
        &self,
        band: Band,
        deed: Deed,
        batch: &[Entry],
    ) -> Result<Vec<BatchResultErrorEntry>, Fault> {
        let (url, sqs) = (&self.urls[band.index()], &self.sqs);
        let on = format!("the queue {}", band.name());
        match deed {
            Deed::Send => {
                let entries = numbered(batch).map(|(id, entry)| sending(id, entry)).collect();
                let call = sqs.send_message_batch().queue_url(url).set_entries(Some(entries));
                let answer = call.send().await;
                answer
                    .map(|out| out.failed)
                    .map_err(|error| Fault::of(&error, "sqs:SendMessage", &on))
            }
            Deed::Delete => {
                let entries = numbered(batch).map(|(id, entry)| deleting(id, entry)).collect();
                let call = sqs.delete_message_batch().queue_url(url).set_entries(Some(entries));
                let answer = call.send().await;
                answer
                    .map(|out| out.failed)
                    .map_err(|error| Fault::of(&error, "sqs:DeleteMessage", &on))
            }
            Deed::Show => {
                let entries = numbered(batch).map(|(id, entry)| showing(id, entry)).collect();
                let call = sqs.change_message_visibility_batch().queue_url(url);
                let answer = call.set_entries(Some(entries)).send().await;
                let action = "sqs:ChangeMessageVisibility";
                answer.map(|out| out.failed).map_err(|error| Fault::of(&error, action, &on))
            }
        }
    }
}

const COMPLETE: &str = "everything that an entry needs is set";

fn numbered(batch: &[Entry]) -> impl Iterator<Item = (String, &Entry)> {
    batch.iter().enumerate().map(|(at, entry)| (at.to_string(), entry))
}

fn sending(id: String, entry: &Entry) -> SendMessageBatchRequestEntry {
    let builder = SendMessageBatchRequestEntry::builder().id(id).message_body(&entry.text);
    builder.set_message_group_id(entry.tenant.clone()).build().expect(COMPLETE)
}

fn deleting(id: String, entry: &Entry) -> DeleteMessageBatchRequestEntry {
    let builder = DeleteMessageBatchRequestEntry::builder().id(id);
    builder.receipt_handle(&entry.text).build().expect(COMPLETE)
}

fn showing(id: String, entry: &Entry) -> ChangeMessageVisibilityBatchRequestEntry {
    let builder: builders::ChangeMessageVisibilityBatchRequestEntryBuilder =
        ChangeMessageVisibilityBatchRequestEntry::builder().id(id);
    builder.receipt_handle(&entry.text).visibility_timeout(0).build().expect(COMPLETE)
}

fn unavailable(fault: &Fault) -> QueueError {
    QueueError(fault.to_string())
}
