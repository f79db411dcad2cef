//! Everything that is read by its key. These reads see every write that has returned.

use agent_runner_domain::{
    JobId, RawJson,
    job::Job,
    ports::{StoreError, Versioned},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{DynamoJobStore, item, keys};
use crate::table::{self, CALLS_MAX, Expression, Key, SK, Walk, read_text, text};

pub(super) async fn load_many(
    store: &DynamoJobStore,
    ids: &[JobId],
) -> Result<Vec<Option<Versioned<Job>>>, StoreError> {
    if let [id] = ids {
        let found = store.table.get(&keys::job(*id), item::JOB_ATTRIBUTES).await?;
        let Some(found) = found else {
            return Ok(vec![None]);
        };
        return Ok(vec![Some(item::job(store.documents(*id), &found).await?)]);
    }
    let found =
        store.table.get_many(ids.iter().map(|id| keys::job(*id)), item::JOB_ATTRIBUTES).await?;
    let job = |id: &JobId| {
        let (id, found) = (*id, found.get(&keys::job(*id)));
        async move {
            match found {
                Some(found) => item::job(store.documents(id), found).await.map(Some),
                None => Ok(None),
            }
        }
    };
    let jobs: Vec<_> = ids.iter().map(job).collect();
    stream::iter(jobs).buffered(CALLS_MAX).try_collect().await
}

/// A payload or a result.
pub(super) async fn document(
    store: &DynamoJobStore,
    id: JobId,
    name: &str,
) -> Result<Option<RawJson>, StoreError> {
    let Some(found) = store.table.get(&keys::job(id), &[name]).await? else {
        return Ok(None);
    };
    let json = store.documents(id).load(&found, name).await?;
    json.map(|json| item::document(id, json)).transpose()
}

pub(super) async fn dependents(
    store: &DynamoJobStore,
    id: JobId,
    after: Option<JobId>,
    limit: usize,
) -> Result<Vec<JobId>, StoreError> {
    // What is greater than a dependent's own key begins behind it.
    let from =
        after.map_or(keys::DEPENDENT.to_owned(), |after| keys::dependent(id, after).sk + "!");
    let until = format!("{}~", keys::DEPENDENT);
    let walk = Walk {
        index: None,
        hash: keys::pk(id),
        range: Some(("#range BETWEEN :1 AND :2", vec![text(from), text(until)])),
        newest_first: false,
        limit,
    };
    let found = store.table.query(walk).await?;
    let dependent = |sk: &str| sk.strip_prefix(keys::DEPENDENT)?.parse().ok();
    Ok(found.iter().filter_map(|item| dependent(read_text(item, SK)?)).collect())
}

/// One small read and one small write.
pub(super) async fn check(store: &DynamoJobStore) -> Result<(), StoreError> {
    table::check_schema(&store.table.client, &store.table.name).await?;
    let touch = Expression::default().set("touched", text(item::writer()));
    store.table.update(&Key::new("meta", "touch"), &touch).await?;
    Ok(())
}
