//! A program that does not outlive its worker.
//!
//! "Kill me when my parent dies" can only be said by a process for itself, between its fork and its exec, which
//! takes unsafe code there. So a worker starts its own program with [`GUARD_FLAG`] instead, which says it and
//! then becomes the program that was meant.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt,
    process::Command,
};

/// The first argument of a guard; the parent's pid, the program's path, the name it is called by, and its
/// arguments follow.
pub const GUARD_FLAG: &str = "--exec-guard";

/// Becomes the program that `args` (those after [`GUARD_FLAG`]) name. Returns only if that fails.
pub fn exec_guarded(mut args: impl Iterator<Item = OsString>) -> io::Error {
    let missing = || io::Error::new(io::ErrorKind::InvalidInput, "an argument is missing");
    let (Some(parent), Some(path), Some(name)) = (args.next(), args.next(), args.next()) else {
        return missing();
    };
    if let Err(error) = die_with_parent(&parent) {
        return error;
    }
    Command::new(path).arg0(name).args(args).exec()
}

#[cfg(target_os = "linux")]
fn die_with_parent(parent: &OsStr) -> io::Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have died before the line above.
    let now = getppid().map(|pid| pid.as_raw_nonzero().get().to_string());
    if now.is_some_and(|now| *now == *parent) {
        Ok(())
    } else {
        Err(io::Error::other("the worker has ended"))
    }
}

/// Other systems have no such wish; there the launcher finds what a dead worker left by its mark.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Linux")]
fn die_with_parent(_parent: &OsStr) -> io::Result<()> {
    Ok(())
}
