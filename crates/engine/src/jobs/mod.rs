//! What users may do with jobs.

mod change;
mod children;
mod costs;
mod explain;
mod read;
mod submit;

use agent_runner_domain::{
    JobId, RawJson, TenantId, Timestamp,
    event::StoredEvent,
    job::{Job, JobSpec},
    ports::{Idempotency, Versioned},
};

pub use self::{costs::DailyBudget, explain::Explanation};
use crate::{Engine, EngineError};

/// The use cases, each on behalf of a tenant. Another tenant's job does not exist for them.
#[derive(Clone)]
pub struct Jobs {
    engine: Engine,
}

/// A job that somebody wants, before it is checked.
#[derive(Debug, Clone)]
pub struct Draft {
    /// With `depends_on` as the ids that were given; references within a bulk stand apart.
    pub spec: JobSpec,
    pub payload: RawJson,
    /// Not to be launched before this; `None` is at once.
    pub not_before: Option<Timestamp>,
    pub idempotency: Option<Idempotency>,
    /// The submitter's own name for this job within one bulk.
    pub reference: Option<String>,
    /// Names of other jobs of the same bulk that this one depends on.
    pub depends_on_references: Vec<String>,
}

/// An accepted submission.
#[derive(Debug, Clone)]
pub struct Submitted {
    pub job: Job,
    /// An earlier submission under the same idempotency key had made it.
    pub existing: bool,
}

/// Some of a job's log.
#[derive(Debug, Clone)]
pub struct EventPage {
    pub events: Vec<StoredEvent>,
    /// The job is final and these were its last events.
    pub complete: bool,
}

impl Jobs {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine }
    }

    async fn load(&self, tenant: &TenantId, id: JobId) -> Result<Versioned<Job>, EngineError> {
        let found = self.engine.ports.store.load(id).await?;
        found.filter(|found| found.value.tenant == *tenant).ok_or(EngineError::JobNotFound(id))
    }
}
