//! Whom a process has started, and what belongs to a job.

use std::collections::HashSet;

use crate::table;

/// What the environment of everything that runs for one attempt of a job says: `JOB_ID` and `JOB_ATTEMPT`.
///
/// A process inherits it from whoever started it, whatever became of that one, and so it tells even those
/// apart that have left their process group, their session and their parents behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    lines: Vec<String>,
}

impl Mark {
    #[must_use]
    pub fn new(job: &str, attempt: u32) -> Self {
        Self { lines: vec![format!("JOB_ID={job}"), format!("JOB_ATTEMPT={attempt}")] }
    }

    /// Of a part of the attempt: what was started with this variable besides.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.lines.push(format!("{name}={value}"));
        self
    }
}

/// Every living process that carries the mark, without this one.
#[must_use]
pub fn marked(mark: &Mark) -> Vec<u32> {
    let own = std::process::id();
    let alive = |pid: &u32| table::entry(*pid).is_some_and(|entry| !entry.zombie);
    table::with_environment(&mark.lines)
        .into_iter()
        .filter(|pid| *pid != own)
        .filter(alive)
        .collect()
}

/// Every living process of the group and every living descendant of this process, without this one.
#[must_use]
pub fn family_of(group: u32) -> Vec<u32> {
    let entries = table::entries();
    let own = std::process::id();
    let mut family = HashSet::from([own]);
    loop {
        let before = family.len();
        for entry in &entries {
            if entry.group == group || family.contains(&entry.parent) {
                family.insert(entry.pid);
            }
        }
        if family.len() == before {
            break;
        }
    }
    entries
        .iter()
        .filter(|entry| !entry.zombie && entry.pid != own && family.contains(&entry.pid))
        .map(|entry| entry.pid)
        .collect()
}

/// From now on descendants whose parents have ended become children of this process instead of the system's
/// first, so that [`family_of`] finds them. Linux only; elsewhere such processes are found by their [`Mark`].
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    {
        // Kernels without it leave us the process group.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// Lets go of adopted children that have ended. `keep` is somebody else's to wait for.
pub fn reap_orphans(keep: u32) {
    let own = std::process::id();
    let ended = table::entries()
        .into_iter()
        .filter(|entry| entry.zombie && entry.parent == own && entry.pid != keep);
    for entry in ended {
        let pid = rustix::process::Pid::from_raw(entry.pid.cast_signed());
        let _ = rustix::process::waitpid(pid, rustix::process::WaitOptions::NOHANG);
    }
}
