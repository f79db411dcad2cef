//! Checks that need nothing but this machine.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Stdio},
};

use agent_runner_domain::Timestamp;

use super::finding::Finding;
use crate::{clock, programs};

/// With less, jobs are about to fail.
const FREE_BYTES_MIN: u64 = 100 * 1024 * 1024;
/// With less, somebody should look.
const FREE_BYTES_FEW: u64 = 1024 * 1024 * 1024;
/// This program is younger than that.
const BORN: &str = "2026-01-01T00:00:00Z";

pub(super) fn version() -> Finding {
    let program = std::env::current_exe().map(|path| path.display().to_string());
    let program = program.unwrap_or_else(|_| "unknown place".to_owned());
    Finding::ok("version", format!("{} ({program})", env!("CARGO_PKG_VERSION")))
}

pub(super) fn clock() -> Finding {
    let now = clock::now();
    let born: Timestamp = BORN.parse().expect("a time");
    if now < born {
        let fix = "set the clock (timedatectl set-ntp true); delays, retries and timeouts go by it";
        return Finding::fail("clock", format!("{now} is before this program was written"), fix);
    }
    Finding::ok("clock", now.to_string())
}

/// Whether files can be made there.
pub(super) fn folder(data: &Path) -> Finding {
    let shown = data.display();
    let made = fs::create_dir_all(data).and_then(|()| tempfile::NamedTempFile::new_in(data));
    match made {
        Ok(_) => Finding::ok("data folder", format!("{shown}")),
        Err(error) => Finding::fail(
            "data folder",
            format!("{shown} cannot be written: {error}"),
            "make it writable for this user, or choose another with --data FOLDER",
        ),
    }
}

pub(super) fn space(data: &Path) -> Finding {
    let Ok(disk) = rustix::fs::statvfs(data) else {
        let fix = "look with: df -h";
        return Finding::warn("free space", "it cannot be found out", fix);
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let shown = indicatif::HumanBytes(free).to_string();
    let fix = "make room on that disk, or choose another data folder with --data FOLDER";
    match free {
        0..FREE_BYTES_MIN => Finding::fail("free space", format!("{shown} are left"), fix),
        FREE_BYTES_MIN..FREE_BYTES_FEW => {
            Finding::warn("free space", format!("{shown} are left"), fix)
        }
        _ => Finding::ok("free space", shown),
    }
}

pub(super) fn port(address: SocketAddr) -> Finding {
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok("port", format!("{address} is free")),
        Err(error) => Finding::warn(
            "port",
            format!("{address} cannot be listened on: {error}"),
            "end the program that listens there, or serve elsewhere: agent-runner serve --listen 127.0.0.1:8001",
        ),
    }
}

/// Whether the program that runs a job starts.
pub(super) fn worker() -> Finding {
    let reinstall = "install agent-runner again";
    let command = match programs::worker_program() {
        Ok(found) => found,
        Err(failure) => return Finding::failed("worker", &failure),
    };
    let Some((program, arguments)) = command.split_first() else {
        return Finding::fail("worker", "no program runs jobs", reinstall);
    };
    let shown = program.to_string_lossy();
    let tried = Command::new(program)
        .args(arguments)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match tried {
        Ok(status) if status.success() => Finding::ok("worker", shown.as_ref()),
        Ok(status) => Finding::fail("worker", format!("{shown} ends with {status}"), reinstall),
        Err(error) => {
            Finding::fail("worker", format!("{shown} cannot be started: {error}"), reinstall)
        }
    }
}
