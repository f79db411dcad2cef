//! Why a process could not be started.

use std::{ffi::OsStr, io};

use agent_runner_domain::job::{LaunchFailure, LaunchFailureKind};

use crate::launches::failure;

const ENOEXEC: i32 = 8;

/// A program that is not there will not be there next time; memory and process numbers come back.
pub(super) fn not_started(program: &OsStr, error: &io::Error) -> LaunchFailure {
    let lasting = matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::InvalidInput
    );
    let program = program.to_string_lossy();
    let message = format!("the worker program `{program}` cannot be started: {error}");
    if lasting || error.raw_os_error() == Some(ENOEXEC) {
        failure(LaunchFailureKind::Permanent, message)
    } else {
        failure(LaunchFailureKind::Transient, message)
    }
}
