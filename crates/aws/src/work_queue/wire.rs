//! What a message and a receipt look like.

use agent_runner_domain::{
    JobId,
    job::Rank,
    ports::{QueueMessage, Receipt},
};
use aws_sdk_sqs::types::Message;
use serde::{Deserialize, Serialize};

use super::bands::Band;

#[derive(Serialize, Deserialize)]
struct Body {
    job: JobId,
    rank: i64,
}

/// A message in our hands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) job: JobId,
    pub(super) rank: Rank,
    pub(super) band: Band,
    pub(super) handle: String,
}

pub(super) fn body(message: &QueueMessage) -> String {
    let body = Body { job: message.job, rank: message.rank.0 };
    serde_json::to_string(&body).expect("an id and a number are JSON")
}

/// `None`: somebody else's message. It comes back until the redrive policy takes it to the dead letters.
pub(super) fn read(band: Band, message: Message) -> Option<Delivery> {
    let body = message.body.as_deref().and_then(|body| serde_json::from_str::<Body>(body).ok());
    let (Some(Body { job, rank }), Some(handle)) = (body, message.receipt_handle) else {
        tracing::warn!(queue.band = band.name(), "A message names no job; it is left alone");
        return None;
    };
    Some(Delivery { job, rank: Rank(rank), band, handle })
}

impl From<Delivery> for Receipt {
    fn from(delivery: Delivery) -> Self {
        let Delivery { job, band, handle, .. } = delivery;
        Self { job, handle: format!("{}:{handle}", band.name()) }
    }
}

/// The band and SQS's own handle; `None` for what no [`Delivery`] became.
pub(super) fn split(receipt: &Receipt) -> Option<(Band, &str)> {
    let (band, handle) = receipt.handle.split_once(':')?;
    Some((Band::named(band)?, handle)).filter(|(_, handle)| !handle.is_empty())
}
