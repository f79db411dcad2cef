//! The worker program, started by hand.

use std::process::{ExitStatus, Stdio};

use agent_runner_process::Identity;
use tokio::process::{Child, Command};

use crate::gateway::Gateway;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_agent-runner-worker");

pub(crate) struct Worker {
    pub(crate) child: Child,
}

pub(crate) fn command(gateway: &Gateway) -> Command {
    let order = gateway.order();
    let mut command = Command::new(PROGRAM);
    command
        .env("AGENT_RUNNER_LINK", gateway.link())
        .env("AGENT_RUNNER_WORK_DIR", gateway.work_dir())
        .env("JOB_ID", order.key.job.to_string())
        .env("JOB_ATTEMPT", order.key.attempt.to_string())
        .env("JOB_LEASE", order.lease.reveal())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

impl Worker {
    pub(crate) fn start(gateway: &Gateway) -> Self {
        Self { child: command(gateway).spawn().unwrap() }
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::of(self.child.id().unwrap()).unwrap()
    }

    pub(crate) fn terminate(&self) {
        agent_runner_process::terminate_all(&[self.child.id().unwrap()]);
    }

    pub(crate) fn kill(&self) {
        agent_runner_process::kill_all(&[self.child.id().unwrap()]);
    }

    pub(crate) async fn end(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    pub(crate) async fn code(&mut self) -> Option<i32> {
        self.end().await.code()
    }
}
