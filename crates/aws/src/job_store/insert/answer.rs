//! Why a transaction was refused: who of its jobs is stored already, or may not be.

use std::collections::HashMap;

use agent_runner_domain::ports::{Inserted, StoreError, Under, Version};

use super::actions::{Draft, KEY_FINGERPRINT, KEY_OWNER, hex};
use crate::{
    job_store::{
        DynamoJobStore,
        faults::corrupt,
        item::{LEASE, STATUS, lease_is, status},
        keys,
    },
    table::{Item, Key, read_text},
};

/// Moves those that have an answer, and notes dependencies that do not exist. What is read here holds: keys and jobs
/// stay, a lease that is lost does not come back, and a job that was over once while it was asked for was over.
pub(super) async fn answer(
    store: &DynamoJobStore,
    pending: &mut Vec<Draft>,
    answers: &mut Vec<(usize, Inserted)>,
) -> Result<(), StoreError> {
    let asked = pending.iter().flat_map(|draft| {
        let jobs = draft.parent().map(|(parent, _)| parent);
        let jobs = jobs.into_iter().chain(draft.dependencies()).chain([draft.new.job.id]);
        jobs.map(keys::job).chain(draft.key())
    });
    let asked: Vec<_> = asked.collect();
    let attributes = ["pk", "sk", LEASE, STATUS, KEY_OWNER, KEY_FINGERPRINT];
    let found = store.table.get_many(asked, &attributes).await?;
    let mut left = Vec::with_capacity(pending.len());
    for mut draft in std::mem::take(pending) {
        if let Some(answer) = answer_of(&draft, &found)? {
            answers.push((draft.place, answer));
        } else {
            let missing = |id: &_| !found.contains_key(&keys::job(*id));
            let missing: Vec<_> = draft.dependencies().into_iter().filter(missing).collect();
            draft.missing.extend(missing);
            left.push(draft);
        }
    }
    unmiss_new(&mut left);
    *pending = left;
    Ok(())
}

fn answer_of(draft: &Draft, found: &HashMap<Key, Item>) -> Result<Option<Inserted>, StoreError> {
    let id = draft.new.job.id;
    if let (Some(key), Some(own)) = (draft.key(), &draft.new.idempotency)
        && let Some(item) = found.get(&key)
    {
        let owner = read_text(item, KEY_OWNER).and_then(|owner| owner.parse().ok());
        let owner = owner.ok_or_else(|| corrupt("an idempotency key", "it has no owner"))?;
        let same = read_text(item, KEY_FINGERPRINT) == Some(hex(&own.fingerprint).as_str());
        return Ok(Some(match (owner == id, same) {
            (true, _) => Inserted::New(Version(1)),
            (false, true) => Inserted::Existing(owner),
            (false, false) => Inserted::KeyTaken(owner),
        }));
    }
    if found.contains_key(&keys::job(id)) {
        return Ok(Some(Inserted::New(Version(1))));
    }
    let fits = draft.new.under.is_none_or(|under| {
        let parent = draft.new.job.spec.parent.and_then(|parent| found.get(&keys::job(parent)));
        parent.is_some_and(|parent| match under {
            Under::Lease(lease) => lease_is(parent, lease),
            Under::Open => status(parent, STATUS).is_some_and(|status| !status.is_final()),
        })
    });
    Ok((!fits).then_some(Inserted::ParentLost))
}

/// A dependency that is stored by the same transaction is there in time.
fn unmiss_new(drafts: &mut [Draft]) {
    let new: Vec<_> = drafts.iter().map(|draft| draft.new.job.id).collect();
    for draft in drafts {
        draft.missing.retain(|id| !new.contains(id));
    }
}
