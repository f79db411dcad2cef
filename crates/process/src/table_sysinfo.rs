//! The process table, as `sysinfo` reads it where there is no `/proc` (macOS).

use sysinfo::{
    Pid, Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind,
};

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    /// When it started; with the pid it names a process. Seconds since the Unix epoch.
    pub(crate) started: u64,
    /// It has ended, and only waits for its parent to notice.
    pub(crate) zombie: bool,
}

/// `None`: there is no such process.
pub(crate) fn entry(pid: u32) -> Option<Entry> {
    let wanted = [Pid::from_u32(pid)];
    let system = look(ProcessesToUpdate::Some(&wanted), ProcessRefreshKind::nothing());
    system.process(wanted[0]).map(as_entry)
}

pub(crate) fn entries() -> Vec<Entry> {
    let system = look(ProcessesToUpdate::All, ProcessRefreshKind::nothing());
    system.processes().values().map(as_entry).collect()
}

/// Those whose environment at their start had every one of these `NAME=value`.
pub(crate) fn with_environment(wanted: &[String]) -> Vec<u32> {
    let with_environment = ProcessRefreshKind::nothing().with_environ(UpdateKind::Always);
    let system = look(ProcessesToUpdate::All, with_environment);
    let has = |process: &Process, line: &String| process.environ().iter().any(|one| *one == **line);
    system
        .processes()
        .values()
        .filter(|process| wanted.iter().all(|line| has(process, line)))
        .map(|process| process.pid().as_u32())
        .collect()
}

fn look(which: ProcessesToUpdate<'_>, what: ProcessRefreshKind) -> System {
    let mut system = System::new();
    system.refresh_processes_specifics(which, true, what);
    system
}

fn as_entry(process: &Process) -> Entry {
    let pid = process.pid().as_u32();
    let group = rustix::process::Pid::from_raw(pid.cast_signed())
        .and_then(|pid| rustix::process::getpgid(Some(pid)).ok());
    Entry {
        pid,
        parent: process.parent().map_or(0, Pid::as_u32),
        group: group.map_or(0, |group| group.as_raw_nonzero().get().cast_unsigned()),
        started: process.start_time(),
        zombie: matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead),
    }
}
