//! Asking processes to end, and ending them. A process that is already gone is no error.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// SIGTERM to every process of the group.
pub fn terminate_group(group: u32) {
    signal_group(group, Signal::TERM);
}

/// SIGKILL to every process of the group.
pub fn kill_group(group: u32) {
    signal_group(group, Signal::KILL);
}

/// SIGTERM to each.
pub fn terminate_all(pids: &[u32]) {
    signal_all(pids, Signal::TERM);
}

/// SIGKILL to each.
pub fn kill_all(pids: &[u32]) {
    signal_all(pids, Signal::KILL);
}

fn signal_group(group: u32, signal: Signal) {
    if let Some(group) = addressable(group) {
        let _ = kill_process_group(group, signal);
    }
}

fn signal_all(pids: &[u32], signal: Signal) {
    for pid in pids.iter().filter_map(|pid| addressable(*pid)) {
        let _ = kill_process(pid, signal);
    }
}

/// To `kill`, 0 and 1 mean far more than one process.
fn addressable(pid: u32) -> Option<Pid> {
    let pid = i32::try_from(pid).ok().filter(|pid| *pid > 1)?;
    Pid::from_raw(pid)
}
