//! Changing jobs.

use agent_runner_domain::{
    JobId, TenantId,
    job::{Job, JobEvent, Priority},
};

use super::Jobs;
use crate::EngineError;

impl Jobs {
    /// Ends the job. What runs for it is stopped right after.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when it has ended otherwise, or as [`Jobs::get`].
    pub async fn cancel(&self, tenant: &TenantId, id: JobId) -> Result<Job, EngineError> {
        self.change(tenant, id, JobEvent::Cancel).await
    }

    /// Gives a job that ended without success another chance, with a clean count of attempts.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when it has not ended or has succeeded, or as [`Jobs::get`].
    pub async fn retry(&self, tenant: &TenantId, id: JobId) -> Result<Job, EngineError> {
        self.change(tenant, id, JobEvent::Retry).await
    }

    /// Moves a waiting job in line.
    ///
    /// # Errors
    /// [`EngineError::Refused`] when it no longer waits, or as [`Jobs::get`].
    pub async fn set_priority(
        &self,
        tenant: &TenantId,
        id: JobId,
        priority: Priority,
    ) -> Result<Job, EngineError> {
        self.change(tenant, id, JobEvent::SetPriority(priority)).await
    }

    async fn change(
        &self,
        tenant: &TenantId,
        id: JobId,
        event: JobEvent,
    ) -> Result<Job, EngineError> {
        self.load(tenant, id).await?;
        self.engine.step(id, &event).await
    }
}
