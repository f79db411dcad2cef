//! Reads a log from any number on.

use agent_runner_domain::{JobId, event::StoredEvent, ports::StoreError};
use aws_sdk_dynamodb::types::AttributeValue;

use super::{EVENTS, LOG, LOG_START, count, entry::Reading};
use crate::{
    job_store::{DynamoJobStore, keys},
    table::{Item, Walk, text},
};

/// Older parts that are read in one call; each holds about 8 KB.
const PARTS_MAX: usize = 32;

pub(in crate::job_store) async fn events(
    store: &DynamoJobStore,
    id: JobId,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, StoreError> {
    let end = store.table.get(&keys::job(id), &[LOG, LOG_START, EVENTS]).await?;
    let Some(end) = end.filter(|end| count(end, EVENTS) > after) else {
        return Ok(Vec::new());
    };
    let documents = store.documents(id);
    let mut reading = Reading { documents, found: Vec::new(), after, limit };
    if after + 1 < count(&end, LOG_START) {
        older(store, id, &mut reading).await?;
    }
    take(&mut reading, &end).await?;
    Ok(reading.found)
}

async fn older(
    store: &DynamoJobStore,
    id: JobId,
    reading: &mut Reading<'_>,
) -> Result<(), StoreError> {
    let from = text(keys::events_up_to(id, reading.after + 1).sk);
    let until = text(format!("{}~", keys::EVENT));
    let walk = Walk {
        index: None,
        hash: keys::pk(id),
        range: Some(("#range BETWEEN :1 AND :2", vec![from, until])),
        newest_first: false,
        limit: PARTS_MAX,
    };
    let mut next = None;
    loop {
        let (parts, more) = store.table.query_page(&walk, PARTS_MAX, next).await?;
        for part in &parts {
            take(reading, part).await?;
        }
        next = more;
        if reading.is_done() || next.is_none() {
            return Ok(());
        }
    }
}

async fn take(reading: &mut Reading<'_>, part: &Item) -> Result<(), StoreError> {
    let entries = part.get(LOG).and_then(|log| AttributeValue::as_l(log).ok());
    reading.take(count(part, LOG_START), entries.map_or(&[], Vec::as_slice)).await
}
