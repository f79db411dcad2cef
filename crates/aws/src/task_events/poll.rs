//! Reads the queue in the background, one batch ahead of whoever takes the news.

use std::time::Duration;

use aws_sdk_sqs::Client;
use tokio::{sync::mpsc, time::sleep};

use super::{BATCH_MAX, Batch, HOLD, TaskEvent, unavailable, wire};
use crate::queues;

/// The longest that SQS waits, and so the cheapest.
const WAIT: Duration = Duration::from_secs(20);
/// After a failure.
const REST: Duration = Duration::from_secs(5);

/// Ends when the receiver is dropped.
pub(super) fn start(sqs: Client, url: String) -> mpsc::Receiver<Batch> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Ok(place) = sender.reserve().await {
            let batch = receive(&sqs, &url).await;
            let failed = batch.is_err();
            if !matches!(&batch, Ok(events) if events.is_empty()) {
                place.send(batch);
            }
            if failed {
                sleep(REST).await;
            }
        }
    });
    receiver
}

async fn receive(sqs: &Client, url: &str) -> Batch {
    let hold = i32::try_from(HOLD.as_secs()).expect("a minute fits");
    let messages = queues::receive(sqs, url, BATCH_MAX, hold, WAIT).await;
    let messages = messages.map_err(|fault| unavailable(&fault))?;
    let event = |message: aws_sdk_sqs::types::Message| {
        let body = message.body.unwrap_or_default();
        Some(TaskEvent { handle: message.receipt_handle?, ..wire::read(&body) })
    };
    Ok(messages.into_iter().filter_map(event).collect())
}
