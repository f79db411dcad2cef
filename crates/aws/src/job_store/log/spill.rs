//! Makes room in the end of a log.

use agent_runner_domain::{JobId, ports::StoreError};
use aws_sdk_dynamodb::types::AttributeValue;

use super::{END_BYTES_MAX, EVENTS, LOG, LOG_BYTES, LOG_START, count};
use crate::{
    job_store::{DynamoJobStore, keys},
    table::{Expression, Item, number},
};

pub(in crate::job_store) fn is_full(job: &Item) -> bool {
    usize::try_from(count(job, LOG_BYTES)).is_ok_and(|bytes| bytes >= END_BYTES_MAX)
}

/// Copies the end of the log of a job's item, as it was read, into an item of its own and cuts it. Whoever comes
/// second does nothing: what is copied twice is the same.
pub(in crate::job_store) async fn spill(
    store: &DynamoJobStore,
    id: JobId,
    job: &Item,
) -> Result<(), StoreError> {
    let (start, last) = (count(job, LOG_START), count(job, EVENTS));
    let mut part = keys::events_up_to(id, last).item();
    part.insert(LOG_START.to_owned(), number(start));
    part.extend(job.get(LOG).map(|log| (LOG.to_owned(), log.clone())));
    store.table.put(part).await?;
    let cut = Expression::default()
        .set(LOG, AttributeValue::L(Vec::new()))
        .set(LOG_BYTES, number(0))
        .set(LOG_START, number(last + 1))
        .only_if(EVENTS, "=", number(last))
        .only_if(LOG_START, "=", number(start));
    store.table.update(&keys::job(id), &cut).await?;
    Ok(())
}
