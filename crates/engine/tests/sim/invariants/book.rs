//! What the checks remember of each job between steps.

use std::collections::{BTreeMap, BTreeSet};

use agent_runner_domain::{
    JobId, RawJson,
    job::{Job, JobState},
    ports::{LaunchKey, Version},
};

use super::Change;
use crate::world::{Millis, World};

#[derive(Default)]
pub(crate) struct Book {
    touched: BTreeSet<JobId>,
    pub(super) seen: BTreeMap<JobId, Seen>,
    /// Jobs that are not yet final, or have something left to do.
    pub(crate) open: BTreeSet<JobId>,
    /// The child of each parent and key.
    pub(super) children: BTreeMap<(JobId, String), JobId>,
    /// Who must end because an ancestor was cancelled, and since when.
    pub(super) doomed: BTreeMap<JobId, Millis>,
}

pub(super) struct Seen {
    version: Version,
    pub(super) job: Job,
    result: Option<RawJson>,
    events: usize,
    pub(super) changed_at: Millis,
    /// Since when it stands in line where it stands.
    pub(super) in_line_since: Option<Millis>,
    /// The best place in line that a message of this job may still claim.
    pub(super) best_place: Option<i64>,
    /// Failures since the last retry, as the checks count them.
    pub(super) charged: Charged,
    /// Retries that were carried out.
    pub(super) retries: u32,
    pub(super) finished_at: Option<Millis>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Charged {
    pub(super) user: u32,
    pub(super) infrastructure: u32,
}

impl Book {
    pub(crate) fn touch(&mut self, id: JobId) {
        self.touched.insert(id);
    }
}

impl World {
    /// What became of the jobs that the last step touched.
    pub(super) fn take_changes(&mut self) -> Vec<Change> {
        let touched = std::mem::take(&mut self.book.touched);
        touched.into_iter().filter_map(|id| self.change(id)).collect()
    }

    fn change(&self, id: JobId) -> Option<Change> {
        let seen = self.book.seen.get(&id);
        self.store.inspect(|records| {
            let record = records.get(&id)?;
            let known = seen.map_or(0, |seen| seen.events);
            if seen.is_some_and(|s| s.version == record.version) && known == record.events.len() {
                return None;
            }
            Some(Change {
                id,
                before: seen.map(|seen| seen.job.clone()),
                after: record.job.clone(),
                result_before: seen.and_then(|seen| seen.result.clone()),
                result: record.result.clone(),
                new_events: record.events.get(known..).unwrap_or_default().to_vec(),
                events_before: known,
                changed_at: seen.map_or(self.now, |seen| seen.changed_at),
            })
        })
    }

    pub(super) fn note_change(&mut self, change: &Change) {
        let job = &change.after;
        let id = change.id;
        if let Some(lease) = job.state.lease() {
            let key = LaunchKey { job: id, attempt: job.attempts };
            self.ledger.leases.entry(key).or_insert(lease);
        }
        let version = self.store.inspect(|records| records[&id].version);
        let now = self.now;
        let before = self.book.seen.remove(&id);
        let place = own_place(job);
        let (mut best, mut since, mut finished_at) = (None, None, None);
        let (mut charged, mut retries, mut changed_at) = (Charged::default(), 0, now);
        if let Some(seen) = before {
            (best, since, finished_at) = (seen.best_place, seen.in_line_since, seen.finished_at);
            (charged, retries, changed_at) = (seen.charged, seen.retries, seen.changed_at);
            if own_place(&seen.job) != place {
                since = None;
            }
            if seen.job.status() != job.status() {
                changed_at = now;
            }
        }
        if change.is_retry() {
            charged = Charged::default();
            retries += 1;
        }
        if change.ends() {
            finished_at = Some(now);
        }
        charged = charged.plus(change);
        let seen = Seen {
            version,
            job: job.clone(),
            result: change.result.clone(),
            events: change.events_before + change.new_events.len(),
            changed_at,
            in_line_since: place.map(|_| since.unwrap_or(now)),
            best_place: place.into_iter().chain(best).min(),
            charged,
            retries,
            finished_at,
        };
        self.book.seen.insert(id, seen);
        if job.wake_at().is_some() || !job.status().is_final() {
            self.book.open.insert(id);
        } else {
            self.book.open.remove(&id);
        }
        self.note_family(change);
        self.find_idle_launches(id);
    }

    /// Nothing runs, nothing waits, nothing is left to do.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.users_busy == 0
            && self.is_fair()
            && self.book.open.is_empty()
            && self.platform.live().next().is_none()
    }
}

/// Where a job should stand in line: by the time since which it is ready, a minute earlier for each level.
pub(super) fn own_place(job: &Job) -> Option<i64> {
    match job.state {
        JobState::Queued { ready_at: Some(at), .. } => {
            Some(at.as_millis() - i64::from(job.priority.get()) * 60_000)
        }
        _ => None,
    }
}
