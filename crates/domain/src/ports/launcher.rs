//! Who starts and stops workers.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    JobId, Lease,
    job::{Exit, LaunchFailure, LaunchRef, LaunchView, Resources, Terms},
};

/// One attempt of one job: the name of a launch before the backend has given it one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaunchKey {
    pub job: JobId,
    pub attempt: u32,
}

/// What a launcher needs to start a worker; the rest the worker fetches by its link.
#[derive(Debug, Clone)]
pub struct LaunchOrder {
    pub key: LaunchKey,
    pub lease: Lease,
    pub job_type: String,
    /// Held by launchers that give each worker a machine, or the like, of its own.
    pub resources: Resources,
}

/// A launch that the launcher knows to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningLaunch {
    pub key: LaunchKey,
    pub launch: LaunchRef,
}

/// News that a launch is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub key: LaunchKey,
    pub exit: Exit,
}

/// It is not known whether the call took effect.
#[derive(Debug, thiserror::Error)]
#[error("the launcher is unavailable: {0}")]
pub struct LauncherError(pub String);

/// Starts one worker per attempt.
#[async_trait]
pub trait Launcher: Send + Sync {
    /// What is agreed for attempts that this launcher starts.
    fn terms(&self) -> Terms;

    /// How many launches would be accepted now; waits up to `wait` for there to be at least one.
    async fn free_slots(&self, wait: Duration) -> usize;

    /// Starts workers and answers for each in the given order. `Ok` names the launch where the backend gives
    /// names at once. At most one worker is started per key, even when called again.
    async fn launch(
        &self,
        orders: Vec<LaunchOrder>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>>;

    /// Begins to end a launch: the worker is told, has `grace`, and is killed with all that it started.
    /// Returns what is known at once, without waiting for the end: `Gone` when nothing of it is left.
    async fn stop(
        &self,
        key: LaunchKey,
        launch: Option<&LaunchRef>,
        grace: Duration,
    ) -> Result<LaunchView, LauncherError>;

    /// How launches are, in the given order. `Gone` is said only when it is certain.
    async fn observe(
        &self,
        launches: &[(LaunchKey, Option<LaunchRef>)],
    ) -> Result<Vec<LaunchView>, LauncherError>;

    /// What runs, as far as the launcher knows; used to find launches that nobody waits for.
    async fn running(&self) -> Result<Vec<RunningLaunch>, LauncherError>;

    /// Takes over launches that an earlier orchestrator started and that the store knows to run, so that they
    /// count as slots and their end is reported. Called once at start; launchers without memory of their own need it.
    async fn adopt(&self, launches: Vec<RunningLaunch>) -> Result<(), LauncherError>;

    /// News of ended launches; waits up to `wait` for the first. News may be lost with a crash, come twice or late.
    async fn ended(&self, wait: Duration) -> Result<Vec<Ended>, LauncherError>;

    /// What the last [`Launcher::ended`] told has been taken in durably. A launcher whose news comes from elsewhere
    /// leaves it there until now, so that a crash in between loses none.
    async fn heard(&self) -> Result<(), LauncherError> {
        Ok(())
    }
}
