//! Starting a worker.

use std::{ffi::OsStr, io, process::Stdio, sync::Arc};

use agent_runner_domain::{
    job::{LaunchFailure, LaunchRef},
    ports::LaunchOrder,
};
use agent_runner_process::Identity;
use tokio::{process::Command, task::spawn_blocking};

use super::{
    LauncherConfig, Shared, StartBy, ending, failure,
    output::Output,
    warm,
    worker::{Process, Worker},
};
use crate::launches::{Slot, name};

/// Whether the order needs a process; if one was ready, it has it already.
pub(super) enum Told {
    Yes(Option<LaunchRef>),
    NeedsProcess,
}

/// Gives the order to a worker that stands ready, if one does.
pub(super) fn tell(shared: &Arc<Shared>, order: &LaunchOrder) -> Result<Told, LaunchFailure> {
    if let Slot::Used(launch) = shared.launches.reserve(order.key)? {
        return Ok(Told::Yes(launch));
    }
    Ok(match shared.warm.take(order) {
        Some(worker) => Told::Yes(Some(put_down(shared, order, worker))),
        None => Told::NeedsProcess,
    })
}

/// Starts a process for an order whose place is reserved.
pub(super) async fn start(
    shared: &Arc<Shared>,
    order: &LaunchOrder,
) -> Result<Option<LaunchRef>, LaunchFailure> {
    match start_with(shared, order).await {
        Ok(worker) => Ok(Some(put_down(shared, order, worker))),
        Err(error) => {
            shared.launches.not_started(order.key);
            Err(failure::not_started(program(&shared.config), &error))
        }
    }
}

fn put_down(shared: &Arc<Shared>, order: &LaunchOrder, worker: Worker) -> LaunchRef {
    let launch = name(&worker.identity);
    shared.launches.started(order.key, worker.identity);
    tokio::spawn(ending::watch(shared.clone(), order.key, worker));
    launch
}

async fn start_with(shared: &Arc<Shared>, order: &LaunchOrder) -> io::Result<Worker> {
    if shared.config.start_by == StartBy::Fork {
        let mut idle = warm::start_idle(shared).await?;
        idle.tell(order)?;
        return Ok(idle.into_worker());
    }
    let mut command = command(&shared.config);
    command
        .stdin(Stdio::null())
        .env("JOB_ID", order.key.job.to_string())
        .env("JOB_ATTEMPT", order.key.attempt.to_string())
        .env("JOB_LEASE", order.lease.reveal());
    spawn(command).await
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

pub(super) async fn spawn(mut command: Command) -> io::Result<Worker> {
    let spawned = spawn_blocking(move || {
        let output = Output::new()?;
        let child = command.stdout(output.stdio()?).stderr(output.stdio()?).spawn()?;
        // Until it is waited for, it is in the process table even if it has ended.
        let identity = find(child.id())?;
        Ok(Worker { process: Process::Child(child), identity, output })
    });
    spawned.await.expect("starting a process does not panic")
}

pub(super) fn find(pid: Option<u32>) -> io::Result<Identity> {
    let identity = pid.and_then(Identity::of);
    identity.ok_or_else(|| io::Error::other("it cannot be found after its start"))
}

fn program(config: &LauncherConfig) -> &OsStr {
    config.program.first().map_or(OsStr::new(""), |program| program)
}
