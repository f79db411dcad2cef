//! Events as texts in the log: each as its JSON, or many as the name of an object that holds them.

use agent_runner_domain::{
    JobId,
    event::{NewEvent, StoredEvent},
    ports::StoreError,
};
use aws_sdk_dynamodb::types::AttributeValue;

use super::END_BYTES_MAX;
use crate::{
    job_store::{document::Documents, faults::corrupt},
    table::text,
};

/// What is appended at once.
#[derive(Debug, Clone, Default)]
pub(in crate::job_store) struct Entries {
    texts: Vec<String>,
    pub(super) events: u64,
}

impl Entries {
    pub(super) fn texts(&self) -> Vec<AttributeValue> {
        self.texts.iter().map(text).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum()
    }
}

/// Larger batches are stored as an object, at once.
pub(in crate::job_store) async fn entries(
    documents: Documents<'_>,
    events: &[NewEvent],
) -> Result<Entries, StoreError> {
    let texts: Vec<_> = events.iter().map(json).collect();
    let events = u64::try_from(texts.len()).expect("a count fits");
    let bytes: usize = texts.iter().map(String::len).sum();
    if bytes <= END_BYTES_MAX {
        return Ok(Entries { texts, events });
    }
    let object = documents.store_object("events/part", format!("[{}]", texts.join(","))).await?;
    Ok(Entries { texts: vec![format!("@{events} {object}")], events })
}

fn json(event: &NewEvent) -> String {
    serde_json::to_string(event).expect("an event is JSON: no maps but of texts")
}

/// Collects what readers want of a log: events numbered above `after`, at most `limit`.
pub(super) struct Reading<'store> {
    pub(super) documents: Documents<'store>,
    pub(super) found: Vec<StoredEvent>,
    pub(super) after: u64,
    pub(super) limit: usize,
}

impl Reading<'_> {
    pub(super) fn is_done(&self) -> bool {
        self.found.len() >= self.limit
    }

    /// Takes what is new among entries of which the first has the number `seq`.
    pub(super) async fn take(
        &mut self,
        mut seq: u64,
        entries: &[AttributeValue],
    ) -> Result<(), StoreError> {
        for entry in entries {
            if self.is_done() {
                break;
            }
            let entry = entry.as_s().map_err(|_| self.unreadable(seq, "is no text"))?;
            match entry.strip_prefix('@') {
                None => {
                    self.take_events(seq, || Ok(vec![serde_json::from_str(entry)?]), 1)?;
                    seq += 1;
                }
                Some(reference) => seq += self.take_object(seq, reference).await?,
            }
        }
        Ok(())
    }

    async fn take_object(&mut self, seq: u64, reference: &str) -> Result<u64, StoreError> {
        let counted = reference.split_once(' ');
        let counted = counted.and_then(|(count, key)| Some((count.parse::<u64>().ok()?, key)));
        let (count, key) = counted.ok_or_else(|| self.unreadable(seq, "names no object"))?;
        if seq + count > self.after + 1 {
            let json = self.documents.load_object(key).await?;
            self.take_events(seq, || serde_json::from_str(&json), count)?;
        }
        Ok(count)
    }

    fn take_events(
        &mut self,
        seq: u64,
        parse: impl FnOnce() -> serde_json::Result<Vec<NewEvent>>,
        count: u64,
    ) -> Result<(), StoreError> {
        if seq + count <= self.after + 1 {
            return Ok(());
        }
        let events = parse().map_err(|error| self.unreadable(seq, error))?;
        for (seq, event) in (seq..).zip(events) {
            if seq == self.after + 1 && !self.is_done() {
                self.after = seq;
                self.found.push(StoredEvent { seq, event });
            }
        }
        Ok(())
    }

    fn unreadable(&self, seq: u64, why: impl std::fmt::Display) -> StoreError {
        let id: JobId = self.documents.job;
        corrupt(id, format!("event {seq} {why}"))
    }
}
