//! Workers as the machine sees them, in containers or not.

use std::process::Command;

use agent_runner_domain::JobId;

/// The processes that were started with the job's id and lease and became no other program: its workers.
pub(crate) fn workers(id: JobId) -> Vec<String> {
    let wanted = format!("JOB_ID={id}");
    let folders = std::fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let is_worker = |folder: &std::path::PathBuf| {
        let environment = std::fs::read(folder.join("environ")).unwrap_or_default();
        let has =
            |start: &[u8]| environment.split(|byte| *byte == 0).any(|it| it.starts_with(start));
        has(wanted.as_bytes()) && has(b"JOB_LEASE=")
    };
    let name =
        |folder: std::path::PathBuf| folder.file_name().unwrap().to_str().unwrap().to_owned();
    folders.filter(is_worker).map(name).collect()
}

/// To the worker of the job.
pub(crate) fn signal(id: JobId, signal: &str) {
    let workers = workers(id);
    assert_eq!(workers.len(), 1, "the worker of {id} runs");
    assert!(Command::new("kill").args([signal, &workers[0]]).status().unwrap().success());
}
