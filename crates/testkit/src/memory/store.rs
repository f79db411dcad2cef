//! A [`JobStore`] in a map.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::{
    JobId, Lease, RawJson, TenantId, Timestamp,
    event::{NewEvent, StoredEvent},
    job::{Job, Status},
    mutant::{self, Mutant},
    ports::{
        Appended, Commit, CommitError, Count, CursorPosition, Inserted, JobPage, JobQuery,
        JobStore, NewJob, StoreError, Under, Version, Versioned,
    },
};
use async_trait::async_trait;

/// Everything that is stored of one job.
#[derive(Debug, Clone)]
pub struct Record {
    pub version: Version,
    pub job: Job,
    pub payload: RawJson,
    pub result: Option<RawJson>,
    pub events: Vec<StoredEvent>,
    pub dependents: BTreeSet<JobId>,
    /// What its attempts have done, in the order in which they told it.
    pub steps: Vec<(String, RawJson)>,
    /// Its place among all jobs, oldest first.
    place: u64,
    /// How many events the attempt under this lease has appended.
    appended: (Option<Lease>, u64),
}

/// Jobs in memory. Clones share them; nothing waits, so it runs on any executor.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Shelves>>);

#[derive(Debug, Default)]
struct Shelves {
    records: BTreeMap<JobId, Record>,
    by_place: BTreeMap<u64, JobId>,
    by_wake: BTreeSet<(Timestamp, JobId)>,
    keys: BTreeMap<(TenantId, String), ([u8; 32], JobId)>,
    places: u64,
    /// How often [`JobStore::next_due`] was asked.
    looks: usize,
    /// How many of its next answers are behind.
    stale_looks: usize,
}

impl MemoryStore {
    /// How often somebody asked when the next job is due.
    #[must_use]
    pub fn looks(&self) -> usize {
        self.lock().looks
    }

    /// The next so many who ask when a job is due hear that none is, as from an index that lags.
    pub fn lag(&self, looks: usize) {
        self.lock().stale_looks = looks;
    }

    /// Shows everything that is stored, for checks of invariants; copies nothing.
    pub fn inspect<R>(&self, look: impl FnOnce(&BTreeMap<JobId, Record>) -> R) -> R {
        look(&self.lock().records)
    }

    /// A copy of everything that is stored.
    #[must_use]
    pub fn snapshot(&self) -> BTreeMap<JobId, Record> {
        self.inspect(BTreeMap::clone)
    }

    /// Every job, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        let shelves = self.lock();
        let places = shelves.by_place.values();
        places.map(|id| shelves.records[id].job.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn log(&mut self, events: impl IntoIterator<Item = NewEvent>) {
        for event in events {
            let seq = u64::try_from(self.events.len()).expect("a count fits") + 1;
            self.events.push(StoredEvent { seq, event });
        }
    }

    fn versioned(&self) -> Versioned<Job> {
        Versioned { version: self.version, value: self.job.clone() }
    }

    fn matches(&self, query: &JobQuery) -> bool {
        fn passes<T: PartialEq>(wanted: Option<&T>, is: &T) -> bool {
            wanted.is_none_or(|wanted| wanted == is)
        }
        let job = &self.job;
        passes(query.tenant.as_ref(), &job.tenant)
            && passes(query.status.as_ref(), &job.status())
            && passes(query.job_type.as_ref(), &job.spec.job_type)
            && (query.parent.is_none() || query.parent == job.spec.parent)
            && query.since.is_none_or(|since| job.created_at >= since)
            && query.tag.as_ref().is_none_or(|(key, value)| job.spec.tags.get(key) == Some(value))
    }
}

impl Shelves {
    fn insert(&mut self, new: NewJob) -> Inserted {
        let id = new.job.id;
        let wanted = self.records.contains_key(&id) || self.may_be_stored(&new);
        if let Some(idempotency) = new.idempotency {
            let key = (new.job.tenant.clone(), idempotency.key);
            match self.keys.get(&key) {
                Some((_, owner)) if *owner == id => {}
                Some((print, owner)) if *print == idempotency.fingerprint => {
                    return Inserted::Existing(*owner);
                }
                Some((_, owner)) => return Inserted::KeyTaken(*owner),
                None if !wanted => {}
                None => {
                    self.keys.insert(key, (idempotency.fingerprint, id));
                }
            }
        }
        if !wanted {
            return Inserted::ParentLost;
        }
        if !self.records.contains_key(&id) {
            self.store(new.job, new.payload, new.log);
        }
        Inserted::New(Version(1))
    }

    /// The parent is as it has to be, if it has to be in any way.
    fn may_be_stored(&self, new: &NewJob) -> bool {
        let Some(under) = new.under else { return true };
        let parent = new.job.spec.parent.and_then(|parent| self.records.get(&parent));
        parent.is_some_and(|Record { job, .. }| match under {
            Under::Lease(lease) => job.state.lease() == Some(lease),
            Under::Open => !job.status().is_final(),
        })
    }

    fn store(&mut self, job: Job, payload: RawJson, log: Vec<NewEvent>) {
        let id = job.id;
        for dependency in &job.spec.depends_on {
            if let Some(dependency) = self.records.get_mut(dependency) {
                dependency.dependents.insert(id);
                dependency.job.has_dependents = true;
                dependency.version.0 += 1;
            }
        }
        self.places += 1;
        self.by_place.insert(self.places, id);
        self.by_wake.extend(job.wake_at().map(|at| (at, id)));
        let mut record = Record {
            version: Version(1),
            job,
            payload,
            result: None,
            events: Vec::new(),
            dependents: BTreeSet::new(),
            steps: Vec::new(),
            place: self.places,
            appended: (None, 0),
        };
        record.log(log);
        self.records.insert(id, record);
    }

    fn commit(&mut self, commit: Commit) -> Result<Version, CommitError> {
        let Commit { seen, step, result } = commit;
        let id = step.job.id;
        let record = self.records.get_mut(&id).ok_or(CommitError::Missing)?;
        if record.version != seen {
            return Err(CommitError::Stale);
        }
        if let Some(at) = record.job.wake_at() {
            self.by_wake.remove(&(at, id));
        }
        self.by_wake.extend(step.job.wake_at().map(|at| (at, id)));
        record.version.0 += 1;
        record.job = step.job;
        record.log(step.log);
        if result.is_some() {
            record.result = result;
        }
        Ok(record.version)
    }

    fn append(&mut self, id: JobId, lease: Lease, first: u64, events: Vec<NewEvent>) -> Appended {
        let holder = |record: &&mut Record| record.job.state.lease() == Some(lease);
        let Some(record) = self.records.get_mut(&id).filter(holder) else {
            return Appended::LeaseLost;
        };
        let stored = match record.appended {
            (of, count) if of == Some(lease) => count,
            _ => 0,
        };
        let numbered = (first..).zip(events);
        let fresh: Vec<_> = numbered.filter(|(number, _)| *number > stored).collect();
        let last = fresh.last().map_or(stored, |(number, _)| *number);
        record.appended = (Some(lease), last);
        record.log(fresh.into_iter().map(|(_, event)| event));
        Appended::Stored
    }

    fn record_step(&mut self, id: JobId, lease: Lease, key: &str, value: RawJson) -> Appended {
        let holder = |record: &&mut Record| record.job.state.lease() == Some(lease);
        let Some(record) = self.records.get_mut(&id).filter(holder) else {
            return Appended::LeaseLost;
        };
        if mutant::active(Mutant::StepOverwritten) {
            record.steps.retain(|(known, _)| known != key);
        }
        if record.steps.iter().all(|(known, _)| known != key) {
            record.steps.push((key.to_owned(), value));
        }
        Appended::Stored
    }

    fn list(&self, query: &JobQuery) -> JobPage {
        let before = query.after.and_then(|position| u64::try_from(position.0).ok());
        let before = before.unwrap_or(u64::MAX);
        let places = self.by_place.range(..before).rev();
        let mut found = places.map(|(_, id)| &self.records[id]).filter(|r| r.matches(query));
        let page: Vec<_> = found.by_ref().take(query.limit).collect();
        let more = found.next().is_some();
        JobPage {
            next: page.last().filter(|_| more).map(|last| CursorPosition(last.place.into())),
            jobs: page.into_iter().map(|record| record.job.clone()).collect(),
        }
    }

    fn counts(&self) -> Vec<Count> {
        let mut counts: BTreeMap<(&TenantId, &str, Status), u64> = BTreeMap::new();
        for Record { job, .. } in self.records.values() {
            *counts.entry((&job.tenant, &job.spec.job_type, job.status())).or_default() += 1;
        }
        let row = |((tenant, job_type, status), jobs): ((&TenantId, &str, Status), u64)| Count {
            tenant: tenant.clone(),
            job_type: job_type.to_owned(),
            status,
            jobs,
        };
        counts.into_iter().map(row).collect()
    }
}

#[async_trait]
impl JobStore for MemoryStore {
    async fn insert(&self, jobs: Vec<NewJob>) -> Result<Vec<Inserted>, StoreError> {
        let mut shelves = self.lock();
        Ok(jobs.into_iter().map(|job| shelves.insert(job)).collect())
    }

    async fn load_many(&self, ids: &[JobId]) -> Result<Vec<Option<Versioned<Job>>>, StoreError> {
        let shelves = self.lock();
        let load = |id| shelves.records.get(id).map(Record::versioned);
        Ok(ids.iter().map(load).collect())
    }

    async fn payload(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        Ok(self.lock().records.get(&id).map(|record| record.payload.clone()))
    }

    async fn result(&self, id: JobId) -> Result<Option<RawJson>, StoreError> {
        Ok(self.lock().records.get(&id).and_then(|record| record.result.clone()))
    }

    async fn commit(&self, commits: Vec<Commit>) -> Vec<Result<Version, CommitError>> {
        let mut shelves = self.lock();
        commits.into_iter().map(|commit| shelves.commit(commit)).collect()
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>, StoreError> {
        let shelves = self.lock();
        let due = shelves.by_wake.iter().take_while(|(at, _)| *at <= now);
        Ok(due.take(limit).map(|(_, id)| shelves.records[id].versioned()).collect())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut shelves = self.lock();
        shelves.looks += 1;
        if let Some(left) = shelves.stale_looks.checked_sub(1) {
            shelves.stale_looks = left;
            return Ok(None);
        }
        Ok(shelves.by_wake.first().map(|(at, _)| *at))
    }

    async fn list(&self, query: &JobQuery) -> Result<JobPage, StoreError> {
        Ok(self.lock().list(query))
    }

    async fn counts(&self) -> Result<Vec<Count>, StoreError> {
        Ok(self.lock().counts())
    }

    async fn dependents(
        &self,
        id: JobId,
        after: Option<JobId>,
        limit: usize,
    ) -> Result<Vec<JobId>, StoreError> {
        let shelves = self.lock();
        let dependents = shelves.records.get(&id).map(|record| &record.dependents);
        let behind = |dependent: &&JobId| after.is_none_or(|after| **dependent > after);
        Ok(dependents.into_iter().flatten().filter(behind).take(limit).copied().collect())
    }

    async fn append_events(
        &self,
        id: JobId,
        lease: Lease,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<Appended, StoreError> {
        Ok(self.lock().append(id, lease, first, events))
    }

    async fn events(
        &self,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let shelves = self.lock();
        let events = shelves.records.get(&id).map(|record| record.events.as_slice());
        let start = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(events.unwrap_or_default().iter().skip(start).take(limit).cloned().collect())
    }

    async fn record_step(
        &self,
        id: JobId,
        lease: Lease,
        key: &str,
        value: RawJson,
    ) -> Result<Appended, StoreError> {
        Ok(self.lock().record_step(id, lease, key, value))
    }

    async fn steps(&self, id: JobId) -> Result<Vec<(String, RawJson)>, StoreError> {
        let shelves = self.lock();
        Ok(shelves.records.get(&id).map(|record| record.steps.clone()).unwrap_or_default())
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
