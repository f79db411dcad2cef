//! Which new jobs are stored together.

use std::collections::{HashMap, HashSet};

use agent_runner_domain::{
    JobId,
    ports::{NewJob, Under},
};

use crate::{
    job_store::{document, keys},
    table::Key,
};

/// What DynamoDB takes in one transaction.
const ACTIONS_MAX: usize = 100;
/// Well below the 4 MB that it takes.
const BYTES_MAX: usize = 3 << 20;

/// Jobs of one transaction, each with its place in the call.
#[derive(Default)]
pub(super) struct Chunk {
    jobs: Vec<(usize, NewJob)>,
    actions: usize,
    bytes: usize,
    ids: HashSet<JobId>,
    keys: HashSet<Key>,
    /// Jobs outside that are marked or looked at, with what they have to be.
    others: HashMap<JobId, Option<Under>>,
}

/// In the given order, cut where a transaction would be too large or would touch an item twice.
pub(super) fn chunks(jobs: Vec<NewJob>) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut chunk = Chunk::default();
    for (place, new) in jobs.into_iter().enumerate() {
        if !chunk.jobs.is_empty() && !chunk.takes(&new) {
            chunks.push(std::mem::take(&mut chunk));
        }
        chunk.add(place, new);
    }
    if !chunk.jobs.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

/// Then they are stored one after another: what comes first may decide on what follows, and transactions at the
/// same time on the same item fail.
pub(super) fn touch_each_other(chunks: &[Chunk]) -> bool {
    let mut seen = HashSet::new();
    chunks.iter().any(|chunk| !chunk.touched().all(|key| seen.insert(key)))
}

/// Its dependencies do not fit into the transaction and are marked ahead of it.
pub(super) fn is_marked_ahead(new: &NewJob) -> bool {
    actions_of(new) + 2 * new.job.spec.depends_on.len() > ACTIONS_MAX
}

/// Without its dependencies.
fn actions_of(new: &NewJob) -> usize {
    let spec = &new.job.spec;
    1 + spec.tags.len()
        + usize::from(spec.parent.is_some())
        + usize::from(new.under.is_some())
        + usize::from(new.idempotency.is_some())
}

fn bytes_of(new: &NewJob) -> usize {
    let spec = serde_json::to_string(&*new.job.spec).map_or(0, |json| json.len());
    let payload = new.payload.get().len().min(document::WITH_JOB_BYTES_MAX);
    2_048 + 2 * spec.min(document::ALONE_BYTES_MAX) + payload + 512 * new.log.len()
}

fn key_of(new: &NewJob) -> Option<Key> {
    new.idempotency.as_ref().map(|own| keys::idempotency(&new.job.tenant, &own.key))
}

impl Chunk {
    pub(super) fn into_jobs(self) -> impl Iterator<Item = (usize, NewJob)> {
        self.jobs.into_iter()
    }

    fn takes(&self, new: &NewJob) -> bool {
        let dependencies = 2 * new.job.spec.depends_on.len();
        !is_marked_ahead(new)
            && self.actions + actions_of(new) + dependencies <= ACTIONS_MAX
            && self.bytes + bytes_of(new) <= BYTES_MAX
            && !self.ids.contains(&new.job.id)
            && !self.others.contains_key(&new.job.id)
            && key_of(new).is_none_or(|key| !self.keys.contains(&key))
            && self.takes_parent(new)
    }

    fn takes_parent(&self, new: &NewJob) -> bool {
        let (Some(parent), Some(under)) = (new.job.spec.parent, new.under) else {
            return true;
        };
        let same = |seen: &Option<Under>| seen.is_none_or(|seen| seen == under);
        !self.ids.contains(&parent) && self.others.get(&parent).is_none_or(same)
    }

    fn add(&mut self, place: usize, new: NewJob) {
        self.actions += actions_of(&new);
        self.bytes += bytes_of(&new);
        self.ids.insert(new.job.id);
        self.keys.extend(key_of(&new));
        if !is_marked_ahead(&new) {
            self.actions += 2 * new.job.spec.depends_on.len();
        }
        for dependency in &new.job.spec.depends_on {
            if !self.ids.contains(dependency) {
                self.others.entry(*dependency).or_default();
            }
        }
        if let (Some(parent), Some(under)) = (new.job.spec.parent, new.under) {
            self.others.insert(parent, Some(under));
        }
        self.jobs.push((place, new));
    }

    fn touched(&self) -> impl Iterator<Item = Key> {
        let jobs = self.ids.iter().chain(self.others.keys());
        jobs.map(|id| keys::job(*id)).chain(self.keys.iter().cloned())
    }
}
