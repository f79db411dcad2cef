//! What somebody must look at, over the shards of the index.

use agent_runner_domain::{
    JobId, Timestamp,
    job::Job,
    ports::{StoreError, Versioned},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{DynamoJobStore, keys, read};
use crate::table::{CALLS_MAX, Item, PK, WAKE, WAKE_SHARDS, Walk, number, read_number, read_text};

/// The index may be late: what it lacks is found by the next look, and what has moved meanwhile is left out by
/// the job itself.
pub(super) async fn due(
    store: &DynamoJobStore,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Versioned<Job>>, StoreError> {
    let mut found = earliest(store, now, limit).await?;
    found.sort_unstable();
    found.truncate(limit);
    let ids: Vec<_> = found.into_iter().map(|(_, id)| id).collect();
    let jobs = read::load_many(store, &ids).await?;
    let is_due = |job: &Versioned<Job>| job.value.wake_at().is_some_and(|at| at <= now);
    let mut due: Vec<_> = jobs.into_iter().flatten().filter(is_due).collect();
    due.sort_by_key(|job| (job.value.wake_at(), job.value.id));
    Ok(due)
}

pub(super) async fn next_due(store: &DynamoJobStore) -> Result<Option<Timestamp>, StoreError> {
    let found = earliest(store, Timestamp::MAX, 1).await?;
    Ok(found.into_iter().map(|(at, _)| Timestamp::from_millis(at)).min())
}

/// The first `limit` of each shard.
async fn earliest(
    store: &DynamoJobStore,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<(i64, JobId)>, StoreError> {
    let walks = (0..WAKE_SHARDS).map(|shard| {
        store.table.query(Walk {
            index: Some(WAKE),
            hash: shard.to_string(),
            range: Some(("#range <= :1", vec![number(now.as_millis())])),
            newest_first: false,
            limit,
        })
    });
    let items: Vec<Vec<Item>> =
        stream::iter(walks).buffer_unordered(CALLS_MAX).try_collect().await?;
    let entry =
        |item: &Item| Some((read_number(item, WAKE.range)?, keys::id_of(read_text(item, PK)?)?));
    Ok(items.iter().flatten().filter_map(entry).collect())
}
