//! Workers as Linux sees them, in containers or not.

use std::{collections::BTreeMap, fs, process::Command};

use agent_runner_domain::JobId;

/// The processes that were started with the job's id and lease and became no other program: its workers.
///
/// # Panics
/// Where there is no `/proc`.
#[must_use]
pub fn workers(id: JobId) -> Vec<String> {
    let all = fs::read_dir("/proc").expect("this is Linux").filter_map(|entry| {
        let process = entry.ok()?.file_name().into_string().ok()?;
        if is_of(id, &process) { Some((parent(&process)?, process)) } else { None }
    });
    let parents: BTreeMap<_, _> = all.map(|(parent, process)| (process, parent)).collect();
    // What a worker starts looks like the worker for the moment until it is what it is to be.
    let first = parents.iter().filter(|(_, parent)| !parents.contains_key(*parent));
    first.map(|(process, _)| process.clone()).collect()
}

fn is_of(id: JobId, process: &str) -> bool {
    let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
    let has = |start: &str| {
        environment.split(|byte| *byte == 0).any(|it| it.starts_with(start.as_bytes()))
    };
    has(&format!("JOB_ID={id}")) && has("JOB_LEASE=")
}

/// `None`: it is gone.
fn parent(process: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    Some(line.trim().to_owned())
}

/// To the worker of the job.
///
/// # Panics
/// When the job has no worker, or more than one.
pub fn signal(id: JobId, signal: &str) {
    let workers = workers(id);
    assert_eq!(workers.len(), 1, "the worker of {id} runs");
    let sent = Command::new("kill").args([signal, &workers[0]]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{signal} reaches the worker of {id}");
}
