//! Noticing that a worker has ended, and cleaning up after one that could not.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::ExitStatus,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use agent_runner_domain::{
    job::{Evidence, Exit},
    ports::LaunchKey,
};
use agent_runner_process::{Identity, Mark, kill_all, marked, out_of_memory_kills};
use tokio::{task::spawn_blocking, time::sleep};

use super::{Shared, output::Output, worker::Worker};

/// How often processes are looked at that are not children of this one.
const LOOK_PAUSE: Duration = Duration::from_millis(200);
/// How often leftovers are looked for until none is found, and the pause in between.
const SWEEPS_MAX: u32 = 50;
const SWEEP_PAUSE: Duration = Duration::from_millis(20);
const SIGKILL: i32 = 9;
/// How a Rust program exits that panicked.
const PANICKED: i32 = 101;

/// Waits for the end of a worker that was started here.
pub(super) async fn watch(shared: Arc<Shared>, key: LaunchKey, worker: Worker) {
    let Worker { mut process, output, identity } = worker;
    let Some(status) = process.end().await else {
        return watch_from_outside(&shared, key, identity).await;
    };
    if status.signal().is_some() || status.code() == Some(PANICKED) {
        clean_up(&shared, key).await;
    }
    let exit = describe(&shared, key, status, &output);
    shared.launches.over(key, exit);
}

/// Takes over a worker that an earlier orchestrator started. Nobody will ever know its exit code.
pub(super) fn adopt(shared: &Arc<Shared>, key: LaunchKey, identity: Identity) {
    if !shared.launches.started(key, identity) {
        return;
    }
    let shared = shared.clone();
    tokio::spawn(async move { watch_from_outside(&shared, key, identity).await });
}

async fn watch_from_outside(shared: &Shared, key: LaunchKey, identity: Identity) {
    while identity.is_alive() {
        sleep(LOOK_PAUSE).await;
    }
    clean_up(shared, key).await;
    shared.launches.over(key, Exit::default());
}

fn describe(shared: &Shared, key: LaunchKey, status: ExitStatus, output: &Output) -> Exit {
    let stopped = shared.launches.is_stopping(key);
    let stderr_tail = if status.success() { None } else { output.tail() };
    let (exit_code, signal) = (status.code(), status.signal());
    let evidence = Evidence { exit_code, signal, stderr_tail, ..Evidence::default() };
    let out_of_memory = signal == Some(SIGKILL) && !stopped && memory_ran_out(shared);
    Exit { evidence, out_of_memory, ..Exit::default() }
}

/// Whether the system has killed for want of memory since this was last asked.
fn memory_ran_out(shared: &Shared) -> bool {
    out_of_memory_kills()
        .is_some_and(|kills| shared.memory_kills.swap(kills, Ordering::Relaxed) < kills)
}

/// Ends what a killed worker has started and removes its working folder.
pub(super) async fn clean_up(shared: &Shared, key: LaunchKey) {
    let mark = Mark::new(&key.job.to_string(), key.attempt);
    let folder = shared.config.work_dir.join(format!("{}-{}", key.job, key.attempt));
    for _ in 0..SWEEPS_MAX {
        let mark = mark.clone();
        let found = spawn_blocking(move || kill_marked(&mark)).await;
        if !found.unwrap_or(false) {
            break;
        }
        sleep(SWEEP_PAUSE).await;
    }
    let _ = spawn_blocking(move || remove(&folder)).await;
}

fn kill_marked(mark: &Mark) -> bool {
    let found = marked(mark);
    kill_all(&found);
    !found.is_empty()
}

fn remove(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        answer => answer,
    }
}
