//! New jobs: as many as fit are stored in one transaction.
//!
//! Each job needs one, because even a plain one must not replace a job that is there (a repeated call whose first
//! reply was lost), and conditional writes come in batches only as transactions. A transaction that is refused is
//! looked into, what it was refused for gets its answer, and the rest is tried again.

mod actions;
mod answer;
mod chunk;
mod mark;
mod tenants;

use std::collections::HashMap;

use agent_runner_domain::ports::{Inserted, NewJob, StoreError, Version};
use futures::{StreamExt, TryStreamExt, stream};

pub(super) use self::tenants::{KnownTenants, tenants};
use self::{actions::Draft, chunk::Chunk};
use super::{DynamoJobStore, STALE_TRIES_MAX, counts::Changes, faults::contended, item::WRITER};
use crate::{
    journal,
    table::{Action, Transacted, Written},
};

/// Transactions under way at once for one call.
const CHUNKS_MAX: usize = 8;

pub(super) async fn insert(
    store: &DynamoJobStore,
    jobs: Vec<NewJob>,
) -> Result<Vec<Inserted>, StoreError> {
    let asked = jobs.len();
    tenants::know(store, &jobs).await?;
    let chunks = chunk::chunks(jobs);
    let at_once = if chunk::touch_each_other(&chunks) { 1 } else { CHUNKS_MAX };
    let storing = chunks.into_iter().map(|chunk| store_chunk(store, chunk));
    let answered: Vec<_> = stream::iter(storing).buffered(at_once).try_collect().await?;
    let mut by_place: HashMap<usize, Inserted> = answered.into_iter().flatten().collect();
    let answer = |place| by_place.remove(&place).expect("each job got an answer");
    Ok((0..asked).map(answer).collect())
}

async fn store_chunk(
    store: &DynamoJobStore,
    chunk: Chunk,
) -> Result<Vec<(usize, Inserted)>, StoreError> {
    let drafting = chunk.into_jobs().map(|(place, new)| Draft::of(store, place, new));
    let mut pending: Vec<_> = stream::iter(drafting).buffered(CHUNKS_MAX).try_collect().await?;
    let mut answers = Vec::with_capacity(pending.len());
    if pending.iter().any(Draft::names_no_parent) {
        answer::answer(store, &mut pending, &mut answers).await?;
    }
    for _ in 0..STALE_TRIES_MAX {
        mark::ahead(store, &mut pending, &mut answers).await?;
        if pending.is_empty() || store_all(store, &pending).await? {
            let stored = pending.iter().map(|draft| (draft.place, Inserted::New(Version(1))));
            answers.extend(stored);
            count(store, &pending).await;
            return Ok(answers);
        }
        answer::answer(store, &mut pending, &mut answers).await?;
    }
    Err(contended("what new jobs belong to"))
}

/// All or none.
async fn store_all(store: &DynamoJobStore, drafts: &[Draft]) -> Result<bool, StoreError> {
    let actions = actions::of(drafts);
    if let [Action::PutNew(item)] = &actions[..] {
        return Ok(match store.table.put_new(item.clone()).await? {
            Written::Done(_) => true,
            // The write went through, its reply was lost, and the SDK has asked again.
            Written::Refused(found) => {
                found.is_some_and(|found| found.get(WRITER) == item.get(WRITER))
            }
        });
    }
    Ok(matches!(store.table.transact(&actions).await?, Transacted::Done))
}

async fn count(store: &DynamoJobStore, stored: &[Draft]) {
    let mut changes = Changes::default();
    for draft in stored {
        changes.stored(&draft.new.job);
        journal::submitted(&draft.new.job);
    }
    changes.store(store).await;
}
