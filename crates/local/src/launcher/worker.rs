//! A worker's process, however it was started.

use std::process::ExitStatus;

use agent_runner_process::Identity;
use tokio::process::Child;

#[cfg(target_os = "linux")]
use super::forking;
use super::output::Output;

pub(super) struct Worker {
    pub(super) process: Process,
    pub(super) identity: Identity,
    pub(super) output: Output,
}

pub(super) enum Process {
    Child(Child),
    #[cfg(target_os = "linux")]
    Copy(forking::End),
}

impl Process {
    /// Waits for its end. `None`: nobody can say how, or even when, it ends.
    pub(super) async fn end(&mut self) -> Option<ExitStatus> {
        match self {
            Self::Child(child) => child.wait().await.ok(),
            #[cfg(target_os = "linux")]
            Self::Copy(end) => end.await.ok(),
        }
    }

    pub(super) fn has_ended(&mut self) -> bool {
        match self {
            Self::Child(child) => !matches!(child.try_wait(), Ok(None)),
            #[cfg(target_os = "linux")]
            Self::Copy(end) => !matches!(end.try_recv(), Err(forking::StillRuns)),
        }
    }
}
