//! What a handler may know and do besides its own work.

mod events;
mod folder;

use std::{collections::BTreeMap, ffi::OsString, sync::Arc, time::Duration};

use agent_runner_domain::{
    JobId, RawJson,
    event::EventBody,
    job::{CauseKind, Failure},
    ports::{ArtifactInfo, ArtifactName, Clock, LinkError, WorkerLink},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

pub use self::{
    events::{EVENTS_MAX, EventSender},
    folder::WorkRoot,
};

/// The first pause after an artifact could not be stored; the next ones double.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// An orchestrator is replaced faster; a full disk does not empty itself.
const STORE_PATIENCE: Duration = Duration::from_mins(2);

/// One attempt, as its handler sees it.
pub struct Context {
    pub job_id: JobId,
    pub attempt: u32,
    /// The results of the jobs that this one depends on.
    pub inputs: BTreeMap<JobId, RawJson>,
    /// Where log lines, text, progress and whatever else is worth telling goes, as it happens.
    pub events: EventSender,
    pub clock: Arc<dyn Clock>,
    pub surroundings: Arc<Surroundings>,
    /// Set when the handler is to end early: a timeout, a cancel, a shutdown.
    pub cancelled: CancellationToken,
    /// How long the handler may take to end after that.
    pub grace: Duration,
    pub link: Arc<dyn WorkerLink>,
}

/// The process around the handler.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Who runs the job, for people: program, version, pid and host.
    pub worker: String,
    /// What starts this program again as an exec guard; see [`agent_runner_process::exec_guarded`].
    pub guard: Vec<OsString>,
    /// Where programs are looked for: the worker's `PATH`.
    pub search_path: OsString,
    /// Variables of the worker that are no business of what it starts.
    pub private_variables: &'static [&'static str],
    pub work_root: WorkRoot,
    /// What the link carries of one file.
    pub artifact_bytes_max: usize,
}

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
        let mut pause = PAUSE_FIRST;
        let stored = loop {
            let again = !self.cancelled.is_cancelled() && Instant::now() < give_up_at;
            match self.link.put_artifact(&name, content.clone()).await {
                Err(LinkError::Unavailable(_)) if again => {
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
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
}
