//! What a handler may know and do besides its own work.
//!
//! All that reaches the orchestrator goes through the link, and waits for an orchestrator that is away: it may be
//! starting over. What a handler has done and paid for is kept by [steps](Context::step), so that the next
//! attempt goes on where this one was interrupted.

mod events;
mod family;
mod files;
mod folder;
mod models;
mod partial;
mod patience;
mod rounds;
mod settings;
mod steps;

use std::{collections::BTreeMap, ffi::OsString, sync::Arc, time::Duration};

use agent_runner_domain::{
    JobId, RawJson,
    event::NewEvent,
    ports::{Assignment, Clock, WorkerLink},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::{
    events::{EVENTS_MAX, EventSender},
    folder::WorkRoot,
    models::{MODEL_DEFAULT, Models},
    partial::PARTIAL_RESULT,
};
use self::{models::Switchboard, settings::Settings, steps::Steps};

/// One attempt, as its handler sees it.
pub struct Context {
    pub job_id: JobId,
    pub attempt: u32,
    /// How often a user has retried the job after it had ended.
    pub retries: u32,
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
    steps: Steps,
    settings: Settings,
    switchboard: Switchboard,
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
    /// `events` is the queue from which the worker ships.
    #[must_use]
    pub fn new(
        assignment: &Assignment,
        link: Arc<dyn WorkerLink>,
        events: mpsc::Sender<NewEvent>,
        clock: Arc<dyn Clock>,
        surroundings: Arc<Surroundings>,
    ) -> Self {
        Self {
            job_id: assignment.job_id,
            attempt: assignment.attempt,
            retries: assignment.retries,
            inputs: assignment.inputs.clone(),
            events: EventSender::new(events, clock.clone(), assignment.attempt),
            clock,
            surroundings,
            cancelled: CancellationToken::new(),
            grace: Duration::from_millis(assignment.grace_ms) / 2,
            link,
            steps: Steps::default(),
            settings: Settings::default(),
            switchboard: Switchboard::default(),
        }
    }
}
