//! Starting a worker.

use std::{ffi::OsStr, io, process::Stdio, sync::Arc};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef},
    ports::LaunchOrder,
};
use agent_runner_process::Identity;
use tokio::process::{Child, Command};

use super::{
    LauncherConfig, Shared, ending, failure,
    output::Output,
    table::{Reserved, name},
};

/// A worker's process, of which nobody has been told yet.
pub(super) struct Worker {
    pub(super) child: Child,
    pub(super) identity: Identity,
    pub(super) output: Output,
}

/// Blocks for the fraction of a millisecond that starting a process takes.
pub(super) fn launch(
    shared: &Arc<Shared>,
    order: &LaunchOrder,
) -> Result<Option<LaunchRef>, LaunchFailure> {
    match shared.table().reserve(order.key) {
        Reserved::Yes => {}
        Reserved::Already(launch) => return Ok(launch),
        Reserved::Full => return Err(failure::no_slot(shared.config.max_running)),
    }
    let started = match shared.warm.take(order) {
        Some(worker) => Ok(worker),
        None => start_with(&shared.config, order),
    };
    match started {
        Ok(worker) => {
            let launch = name(worker.identity);
            shared.table().started(order.key, worker.identity);
            tokio::spawn(ending::watch(shared.clone(), order.key, worker));
            Ok(Some(launch))
        }
        Err(error) => {
            shared.table().not_started(order.key);
            shared.freed.notify_one();
            Err(failure::not_started(program(&shared.config), &error))
        }
    }
}

fn start_with(config: &LauncherConfig, order: &LaunchOrder) -> io::Result<Worker> {
    let mut command = command(config);
    command
        .stdin(Stdio::null())
        .env("JOB_ID", order.key.job.to_string())
        .env("JOB_ATTEMPT", order.key.attempt.to_string())
        .env("JOB_LEASE", order.lease.reveal());
    spawn(command)
}

/// The worker program as it is started for every order. Nothing here may keep `std` from using `posix_spawn`,
/// which does not copy this process's page tables.
pub(super) fn command(config: &LauncherConfig) -> Command {
    let mut command = Command::new(program(config));
    command
        .args(config.program.iter().skip(1))
        .env_clear()
        .envs(config.environment.iter().map(|(name, value)| (name, value)))
        .env("AGENT_RUNNER_LINK", &config.link)
        .env("AGENT_RUNNER_WORK_DIR", &config.work_dir)
        .process_group(0);
    command
}

pub(super) fn spawn(mut command: Command) -> io::Result<Worker> {
    let output = Output::new()?;
    let child = command.stdout(output.stdio()?).stderr(output.stdio()?).spawn()?;
    // Until it is waited for, it is in the process table even if it has ended.
    let identity = child.id().and_then(Identity::of);
    let identity =
        identity.ok_or_else(|| io::Error::other("it cannot be found after its start"))?;
    Ok(Worker { child, identity, output })
}

fn program(config: &LauncherConfig) -> &OsStr {
    config.program.first().map_or(OsStr::new(""), |program| program)
}
