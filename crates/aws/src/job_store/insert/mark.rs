//! Marks of dependencies that are too many for the job's own transaction.
//!
//! They are set before the job is stored. A dependency that ends in between looks for a dependent that is not there
//! yet and goes on; the job then looks at its dependencies by itself at its first [`Job::wake_at`]. So nothing is
//! lost, and only such a job may wait until then.
//!
//! [`Job::wake_at`]: agent_runner_domain::job::Job::wake_at

use std::collections::HashSet;

use agent_runner_domain::{
    JobId,
    ports::{Inserted, StoreError},
};

use super::{
    actions::{Ahead, Draft, mark},
    answer::answer,
};
use crate::{
    job_store::{DynamoJobStore, STALE_TRIES_MAX, faults::contended, keys},
    table::{Action, Transacted},
};

/// Each takes two actions of a transaction.
const MARKED_AT_ONCE: usize = 50;

/// Nothing is marked for a job that will not be stored.
pub(super) async fn ahead(
    store: &DynamoJobStore,
    pending: &mut Vec<Draft>,
    answers: &mut Vec<(usize, Inserted)>,
) -> Result<(), StoreError> {
    if pending.iter().all(|draft| draft.ahead != Ahead::Wanted) {
        return Ok(());
    }
    answer(store, pending, answers).await?;
    for draft in pending.iter_mut().filter(|draft| draft.ahead == Ahead::Wanted) {
        let dependencies: Vec<_> = draft.dependencies().into_iter().collect();
        for some in dependencies.chunks(MARKED_AT_ONCE) {
            mark_some(store, draft.new.job.id, some.to_vec()).await?;
        }
        draft.ahead = Ahead::Done;
    }
    Ok(())
}

async fn mark_some(
    store: &DynamoJobStore,
    dependent: JobId,
    mut dependencies: Vec<JobId>,
) -> Result<(), StoreError> {
    for _ in 0..STALE_TRIES_MAX {
        let actions: Vec<_> = dependencies
            .iter()
            .flat_map(|id| {
                let link = keys::dependent(*id, dependent).item();
                [Action::PutNew(link), Action::Update(keys::job(*id), mark())]
            })
            .collect();
        if actions.is_empty() {
            return Ok(());
        }
        match store.table.transact(&actions).await? {
            Transacted::Done => return Ok(()),
            // Marked by an earlier call, or gone.
            Transacted::Refused(refused) => {
                let known: HashSet<_> = refused.iter().map(|(place, _)| place / 2).collect();
                let left = dependencies.into_iter().enumerate();
                dependencies =
                    left.filter(|(place, _)| !known.contains(place)).map(|(_, id)| id).collect();
            }
        }
    }
    Err(contended(dependent))
}
