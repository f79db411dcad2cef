//! What handlers have done already, by the names of their steps.

use agent_runner_domain::{
    JobId, Lease, RawJson,
    ports::{Appended, StoreError},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    DynamoJobStore, STALE_TRIES_MAX,
    document::ALONE_BYTES_MAX,
    faults::{contended, corrupt},
    item::{self, LEASE, lease_is},
    keys,
};
use crate::table::{
    Action, CALLS_MAX, Expression, Item, Transacted, Walk, number, read_number, read_text, text,
};

const KEY: &str = "key";
const VALUE: &str = "value";
/// The step's place among those of its job.
const PLACE: &str = "place";
/// How many steps the job has.
pub(super) const STEPS: &str = "steps";

/// The check of the lease, the place and the step are one transaction, so a worker that loses its job meanwhile
/// records nothing.
pub(super) async fn record(
    store: &DynamoJobStore,
    id: JobId,
    lease: Lease,
    key: &str,
    value: RawJson,
) -> Result<Appended, StoreError> {
    let mut found = store.table.get(&keys::job(id), &[LEASE, STEPS]).await?;
    let mut step = keys::step(id, key).item();
    step.insert(KEY.to_owned(), text(key));
    let mut stored = false;
    for _ in 0..STALE_TRIES_MAX {
        let Some(job) = found.filter(|job| lease_is(job, lease)) else {
            return Ok(Appended::LeaseLost);
        };
        if !stored {
            let value = value.get().to_owned();
            let value = store.documents(id).store("steps/value", value, ALONE_BYTES_MAX).await?;
            step.insert(VALUE.to_owned(), value);
            stored = true;
        }
        let place: u64 = read_number(&job, STEPS).unwrap_or(0);
        step.insert(PLACE.to_owned(), number(place));
        let held = Expression::default()
            .only_if(LEASE, "=", text(lease.reveal()))
            .only_if(STEPS, "=", number(place))
            .set(STEPS, number(place + 1));
        let actions = [Action::Update(keys::job(id), held), Action::PutNew(step.clone())];
        match store.table.transact(&actions).await? {
            Transacted::Done => return Ok(Appended::Stored),
            Transacted::Refused(refused) if refused.iter().all(|(place, _)| *place == 1) => {
                return Ok(Appended::Stored);
            }
            Transacted::Refused(_) => {
                found = store.table.get(&keys::job(id), &[LEASE, STEPS]).await?;
            }
        }
    }
    Err(contended(id))
}

/// In the order in which they were recorded.
pub(super) async fn of_job(
    store: &DynamoJobStore,
    id: JobId,
) -> Result<Vec<(String, RawJson)>, StoreError> {
    let until = format!("{}~", keys::STEP);
    let walk = Walk {
        index: None,
        hash: keys::pk(id),
        range: Some(("#range BETWEEN :1 AND :2", vec![text(keys::STEP), text(until)])),
        newest_first: false,
        limit: usize::MAX,
    };
    let mut found = store.table.query(walk).await?;
    found.sort_by_key(|step| read_number::<u64>(step, PLACE));
    let steps: Vec<_> = found.iter().map(|found| step(store, id, found)).collect();
    stream::iter(steps).buffered(CALLS_MAX).try_collect().await
}

async fn step(
    store: &DynamoJobStore,
    id: JobId,
    found: &Item,
) -> Result<(String, RawJson), StoreError> {
    let lacks = |what: &str| corrupt(id, format!("a step has no {what}"));
    let key = read_text(found, KEY).ok_or_else(|| lacks(KEY))?;
    let value = store.documents(id).load(found, VALUE).await?.ok_or_else(|| lacks(VALUE))?;
    Ok((key.to_owned(), item::document(id, value)?))
}
