//! What a worker prints, which is nothing unless something is badly wrong.
//!
//! It goes to a small file that has no name: nobody has to drain it, it costs nothing while nothing is written, and
//! a worker that outlives its orchestrator can still write to it, which it could not to a pipe.

#[cfg(target_os = "linux")]
use std::os::fd::{AsFd, BorrowedFd};
use std::{fs::File, io, os::unix::fs::FileExt, process::Stdio};

use agent_runner_domain::job::Evidence;

/// What does not fit is refused to the worker.
#[cfg(target_os = "linux")]
const BYTES_MAX: u64 = 16 * 1024;

pub(super) struct Output {
    file: File,
}

impl Output {
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> io::Result<Self> {
        use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("worker-output", flags)?;
        // It has its full size from the start, as a hole, and can never grow.
        ftruncate(&file, BYTES_MAX)?;
        fcntl_add_seals(&file, SealFlags::GROW)?;
        Ok(Self { file: file.into() })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> io::Result<Self> {
        tempfile::tempfile().map(|file| Self { file })
    }

    /// For the worker's standard output or error; all of them write one after the other.
    pub(super) fn stdio(&self) -> io::Result<Stdio> {
        self.file.try_clone().map(Stdio::from)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The end of what was written.
    pub(super) fn tail(&self) -> Option<String> {
        let mut buffer = vec![0; 16 * 1024];
        let mut length = 0;
        while let Ok(read @ 1..) = self.file.read_at(&mut buffer[length..], length as u64) {
            length += read;
        }
        let text = String::from_utf8_lossy(&buffer[..length]);
        Evidence::tail(text.trim_end_matches(['\0', '\n']))
    }
}
