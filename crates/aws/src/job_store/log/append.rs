//! Events of the attempt under way.

use agent_runner_domain::{
    JobId, Lease,
    event::NewEvent,
    ports::{Appended, StoreError},
};

use super::{APPENDED, APPENDED_BY, count, entries, extended, is_full, spill};
use crate::{
    job_store::{
        DynamoJobStore, STALE_TRIES_MAX,
        faults::contended,
        item::{LEASE, lease_is},
        keys,
    },
    table::{Expression, Item, Written, number, read_text, text},
};

/// What a worker sends.
pub(in crate::job_store) struct Appending {
    pub(in crate::job_store) id: JobId,
    pub(in crate::job_store) lease: Lease,
    /// The worker's own number of the first event.
    pub(in crate::job_store) first: u64,
    pub(in crate::job_store) events: Vec<NewEvent>,
}

/// Mostly one write: it guesses that all before has been stored and nothing of this, and is told if not.
pub(in crate::job_store) async fn append(
    store: &DynamoJobStore,
    appending: &Appending,
) -> Result<Appended, StoreError> {
    let Appending { id, lease, first, ref events } = *appending;
    let mut stored = first.saturating_sub(1);
    for _ in 0..STALE_TRIES_MAX {
        let fresh = appending.fresh(stored);
        if fresh.is_empty() {
            return held(store, id, lease).await;
        }
        let last = first + u64::try_from(events.len()).expect("a count fits") - 1;
        let entries = entries(store.documents(id), fresh).await?;
        let change = extended(appending.following(stored), &entries)
            .set(APPENDED_BY, text(lease.reveal()))
            .set(APPENDED, number(last));
        match store.table.update(&keys::job(id), &change).await? {
            Written::Done(_) => return Ok(Appended::Stored),
            Written::Refused(Some(job)) if lease_is(&job, lease) => {
                if is_full(&job) {
                    spill(store, id, &job).await?;
                }
                stored = appended(&job, lease);
            }
            Written::Refused(_) => return Ok(Appended::LeaseLost),
        }
    }
    Err(contended(id))
}

impl Appending {
    /// Those numbered above `stored`.
    fn fresh(&self, stored: u64) -> &[NewEvent] {
        let known = (stored + 1).saturating_sub(self.first);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        self.events.get(known..).unwrap_or_default()
    }

    /// Only while the lease holds the job and the last event of this attempt is the one numbered `stored`.
    fn following(&self, stored: u64) -> Expression {
        let lease = || text(self.lease.reveal());
        let held = Expression::default().only_if(LEASE, "=", lease());
        if stored == 0 {
            held.only_if_not(APPENDED_BY, lease())
        } else {
            held.only_if(APPENDED_BY, "=", lease()).only_if(APPENDED, "=", number(stored))
        }
    }
}

/// The number of the last event that was stored under the lease.
fn appended(job: &Item, lease: Lease) -> u64 {
    let own = read_text(job, APPENDED_BY) == Some(lease.reveal().as_str());
    if own { count(job, APPENDED) } else { 0 }
}

async fn held(store: &DynamoJobStore, id: JobId, lease: Lease) -> Result<Appended, StoreError> {
    let job = store.table.get(&keys::job(id), &[LEASE]).await?;
    let held = job.is_some_and(|job| lease_is(&job, lease));
    Ok(if held { Appended::Stored } else { Appended::LeaseLost })
}
