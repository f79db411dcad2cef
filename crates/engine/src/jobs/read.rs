//! Looking at jobs.

use std::time::Duration;

use agent_runner_domain::{
    JobId, RawJson, TenantId,
    job::{Job, Status},
    ports::{ArtifactInfo, ArtifactKey, ArtifactName, Count, JobPage, JobQuery},
};

use super::{EventPage, Jobs};
use crate::EngineError;

/// How often a waiting reader looks by itself, for changes that another orchestrator made.
const POLL: Duration = Duration::from_secs(1);
/// How long a reader may wait in one call.
pub(super) const WAIT_MAX: Duration = Duration::from_mins(1);

impl Jobs {
    /// # Errors
    /// [`EngineError::JobNotFound`]; else the store's.
    pub async fn get(&self, tenant: &TenantId, id: JobId) -> Result<Job, EngineError> {
        Ok(self.load(tenant, id).await?.value)
    }

    /// The job once it is final, or as it is when `wait` (at most a minute) is over.
    ///
    /// # Errors
    /// As [`Jobs::get`].
    pub async fn wait(
        &self,
        tenant: &TenantId,
        id: JobId,
        wait: Duration,
    ) -> Result<Job, EngineError> {
        let interest = self.engine.wakeups.interest(id);
        let read = async || {
            let job = self.get(tenant, id).await?;
            Ok::<_, EngineError>(job.status().is_final().then_some(job))
        };
        match interest.until(wait.min(WAIT_MAX), POLL, read).await? {
            Some(job) => Ok(job),
            None => self.get(tenant, id).await,
        }
    }

    /// Jobs of `query.tenant`, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, query: &JobQuery) -> Result<JobPage, EngineError> {
        Ok(self.engine.ports.store.list(query).await?)
    }

    /// How many jobs there are, of all tenants, for the operator's metrics.
    ///
    /// # Errors
    /// The store's.
    pub async fn counts(&self) -> Result<Vec<Count>, EngineError> {
        Ok(self.engine.ports.store.counts().await?)
    }

    /// # Errors
    /// As [`Jobs::get`].
    pub async fn payload(&self, tenant: &TenantId, id: JobId) -> Result<RawJson, EngineError> {
        self.load(tenant, id).await?;
        let payload = self.engine.ports.store.payload(id).await?;
        payload.ok_or(EngineError::JobNotFound(id))
    }

    /// What the handler returned.
    ///
    /// # Errors
    /// [`EngineError::NotFinished`], [`EngineError::NoResult`], or as [`Jobs::get`].
    pub async fn result(&self, tenant: &TenantId, id: JobId) -> Result<RawJson, EngineError> {
        let job = self.get(tenant, id).await?;
        match job.status() {
            Status::Succeeded => {
                let result = self.engine.ports.store.result(id).await?;
                result.ok_or_else(|| EngineError::Corrupt(format!("{id} has lost its result")))
            }
            status if status.is_final() => Err(EngineError::NoResult(status)),
            status => Err(EngineError::NotFinished(status)),
        }
    }

    /// Events numbered above `after`, at most `limit`; waits up to `wait` (at most a minute) for the first,
    /// unless the job is final.
    ///
    /// # Errors
    /// As [`Jobs::get`].
    pub async fn events(
        &self,
        tenant: &TenantId,
        id: JobId,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<EventPage, EngineError> {
        let interest = self.engine.wakeups.interest(id);
        let read = async || {
            let page = self.event_page(tenant, id, after, limit).await?;
            Ok::<_, EngineError>((!page.events.is_empty() || page.complete).then_some(page))
        };
        let page = interest.until(wait.min(WAIT_MAX), POLL, read).await?;
        Ok(page.unwrap_or(EventPage { events: Vec::new(), complete: false }))
    }

    async fn event_page(
        &self,
        tenant: &TenantId,
        id: JobId,
        after: u64,
        limit: usize,
    ) -> Result<EventPage, EngineError> {
        // The status is read first: events of a job that is final by then are all stored.
        let job = self.get(tenant, id).await?;
        let events = self.engine.ports.store.events(id, after, limit).await?;
        let complete = job.status().is_final() && events.len() < limit;
        Ok(EventPage { events, complete })
    }

    /// The files that the job's attempts left.
    ///
    /// # Errors
    /// As [`Jobs::get`].
    pub async fn artifacts(
        &self,
        tenant: &TenantId,
        id: JobId,
    ) -> Result<Vec<ArtifactInfo>, EngineError> {
        self.get(tenant, id).await?;
        Ok(self.engine.ports.artifacts.list(id).await?)
    }

    /// A file's content; of the newest attempt that has it when none is named.
    ///
    /// # Errors
    /// [`EngineError::ArtifactNotFound`], or as [`Jobs::get`].
    pub async fn artifact(
        &self,
        tenant: &TenantId,
        id: JobId,
        attempt: Option<u32>,
        name: &ArtifactName,
    ) -> Result<Vec<u8>, EngineError> {
        let missing = || EngineError::ArtifactNotFound(name.to_string());
        let newest = self
            .artifacts(tenant, id)
            .await?
            .into_iter()
            .filter(|info| {
                info.name == *name && attempt.is_none_or(|wanted| wanted == info.attempt)
            })
            .map(|info| info.attempt)
            .max()
            .ok_or_else(missing)?;
        let key = ArtifactKey { job: id, attempt: newest, name: name.clone() };
        self.engine.ports.artifacts.get(&key).await?.ok_or_else(missing)
    }
}
