//! Jobs as they were last written, in memory.
//!
//! Whoever has just changed a job is mostly followed by somebody who reads it. One process owns the file, and the
//! writer tells here what it has stored, in order and before anybody hears of it, so what is found here is what
//! the file holds.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::{JobId, RawJson, job::Job, ports::Versioned};
use lru::LruCache;

const JOBS_MAX: NonZeroUsize = NonZeroUsize::new(512).expect("is not zero");
/// Larger payloads are read from the file when they are needed.
const PAYLOAD_BYTES_MAX: usize = 4 * 1024;
/// So are jobs with a longer history, or with more dependencies.
const HISTORY_MAX: usize = 4;
const DEPENDENCIES_MAX: usize = 32;

/// What the writer has stored.
pub(crate) enum Written {
    New {
        job: Versioned<Job>,
        payload: RawJson,
    },
    Changed {
        job: Versioned<Job>,
    },
    /// It has another version now, and only the file knows it whole.
    Touched(JobId),
}

pub(crate) struct Recent(Mutex<LruCache<JobId, Known>>);

struct Known {
    job: Versioned<Job>,
    payload: Option<RawJson>,
}

impl Default for Recent {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(JOBS_MAX)))
    }
}

impl Recent {
    pub(crate) fn learn(&self, news: Vec<Written>) {
        let mut known = self.known();
        for written in news {
            known.learn(written);
        }
    }

    /// `None`: the file knows.
    pub(super) fn job(&self, id: JobId) -> Option<Versioned<Job>> {
        self.known().get(&id).map(|known| known.job.clone())
    }

    /// `None`: the file knows.
    pub(super) fn payload(&self, id: JobId) -> Option<RawJson> {
        self.known().peek(&id)?.payload.clone()
    }

    fn known(&self) -> MutexGuard<'_, LruCache<JobId, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

trait Learn {
    fn learn(&mut self, written: Written);
}

impl Learn for LruCache<JobId, Known> {
    fn learn(&mut self, written: Written) {
        match written {
            Written::New { job, .. } | Written::Changed { job } if !is_small(&job.value) => {
                self.pop(&job.value.id);
            }
            Written::New { job, payload } => {
                let payload = Some(payload).filter(|text| text.get().len() <= PAYLOAD_BYTES_MAX);
                self.put(job.value.id, Known { job, payload });
            }
            Written::Changed { job } => {
                let payload = self.pop(&job.value.id).and_then(|known| known.payload);
                self.put(job.value.id, Known { job, payload });
            }
            Written::Touched(id) => {
                self.pop(&id);
            }
        }
    }
}

fn is_small(job: &Job) -> bool {
    job.history.len() <= HISTORY_MAX && job.spec.depends_on.len() <= DEPENDENCIES_MAX
}
