//! Artifacts: of this job, to keep; of others, to read.

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    event::EventBody,
    job::{CauseKind, Failure},
    ports::{ArtifactInfo, ArtifactName, LinkError},
};
use tokio::time::Instant;

use super::{Context, patience::Pauses};

/// An orchestrator is replaced faster; a full disk does not empty itself.
const STORE_PATIENCE: Duration = Duration::from_mins(2);

impl Context {
    /// Stores a file with the job, and tells so. Repeats for a while when the store is unavailable.
    ///
    /// # Errors
    /// When the file is refused, or the attempt is over.
    pub async fn put_artifact(
        &self,
        name: ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, Failure> {
        let give_up_at = Instant::now() + STORE_PATIENCE;
        let mut pauses = Pauses::default();
        let stored = loop {
            let again = !self.cancelled.is_cancelled() && Instant::now() < give_up_at;
            match self.link.put_artifact(&name, content.clone()).await {
                Err(LinkError::Unavailable(_)) if again => pauses.pass().await,
                answer => break answer,
            }
        };
        let info = stored.map_err(|error| {
            let message = format!("the artifact `{name}` was not stored: {error}");
            Failure::passing(CauseKind::HandlerError, message)
        })?;
        let body = EventBody::Artifact { name: name.to_string(), bytes: info.bytes };
        self.events.send(body).await;
        Ok(info)
    }

    /// A file of any job of the same tenant, as the newest attempt left it that has it; `None`: there is none.
    ///
    /// # Errors
    /// When it cannot be asked for, or the attempt is over.
    pub async fn artifact(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let what = format!("the artifact `{name}` of {job} cannot be read");
        self.ask_link(&what, || self.link.get_artifact(job, name)).await
    }
}
