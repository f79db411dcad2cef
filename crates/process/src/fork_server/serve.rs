//! The fork server itself.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::{AsFd, OwnedFd},
};

use fork::Fork;
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{Pid, PidfdFlags, WaitOptions, pidfd_open, setpgid, waitpid},
    stdio::{dup2_stderr, dup2_stdin, dup2_stdout},
};

use super::frame::{News, Request, receive};

/// What this process is when [`serve`] returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A copy: the leader of a new process group, with the standard input and output of its request.
    Copy,
    /// The server, and nobody is left to ask it. Its copies go on without it.
    Server,
}

/// Copies of this process that have not ended.
struct Copies(Vec<(u32, OwnedFd)>);

/// Copies this process as often as it is asked by `socket`. Returns in every copy, and at last in the server.
///
/// # Errors
/// When the socket fails, or when a copy cannot be given its files.
pub fn serve(socket: OwnedFd) -> io::Result<Role> {
    let mut socket = File::from(socket);
    let mut copies = Copies(Vec::new());
    loop {
        if copies.wait_with(&mut socket)? {
            let Some(request) = receive(socket.as_fd())? else {
                return Ok(Role::Server);
            };
            match fork::fork() {
                Ok(Fork::Child) => {
                    drop((copies, socket));
                    return become_copy(request).map(|()| Role::Copy);
                }
                Ok(Fork::Parent(pid)) => {
                    let pid = pid.cast_unsigned();
                    // Both say it, so that it is true for either from its first moment.
                    let _ = setpgid(Some(as_pid(pid)?), None);
                    copies.add(pid)?;
                    tell(&mut socket, News::Started { request: request.number, pid })?;
                }
                Err(error) => {
                    let errno = error.raw_os_error().unwrap_or_default();
                    tell(&mut socket, News::NotStarted { request: request.number, errno })?;
                }
            }
        }
    }
}

fn tell(socket: &mut File, news: News) -> io::Result<()> {
    socket.write_all(&news.to_bytes())
}

fn become_copy(request: Request) -> io::Result<()> {
    let Request { input, output, .. } = request;
    setpgid(None, None)?;
    dup2_stdin(&input)?;
    dup2_stdout(&output)?;
    dup2_stderr(&output)?;
    Ok(())
}

impl Copies {
    fn add(&mut self, pid: u32) -> io::Result<()> {
        let watched = pidfd_open(as_pid(pid)?, PidfdFlags::empty())?;
        self.0.push((pid, watched));
        Ok(())
    }

    /// Waits until somebody asks, and meanwhile tells of copies that have ended. Whether somebody asks.
    fn wait_with(&mut self, socket: &mut File) -> io::Result<bool> {
        let mut awaited = vec![PollFd::new(socket, PollFlags::IN)];
        awaited.extend(self.0.iter().map(|(_, watched)| PollFd::new(watched, PollFlags::IN)));
        match poll(&mut awaited, None) {
            Err(Errno::INTR) => return Ok(false),
            answer => answer?,
        };
        let mut ready = awaited.iter().map(|one| !one.revents().is_empty());
        let asked = ready.next().unwrap_or_default();
        let ended: Vec<_> = ready.collect();
        drop(awaited);
        for index in (0..ended.len()).rev().filter(|index| ended[*index]) {
            let (pid, _) = self.0.swap_remove(index);
            if let Some((_, status)) = waitpid(Some(as_pid(pid)?), WaitOptions::empty())? {
                tell(socket, News::Ended { pid, status: status.as_raw() })?;
            }
        }
        Ok(asked)
    }
}

fn as_pid(pid: u32) -> io::Result<Pid> {
    Pid::from_raw(pid.cast_signed()).ok_or_else(|| io::Error::other("0 is no pid"))
}
