//! Workers as copies of one that has loaded and prepared itself; see [`agent_runner_process::fork_server`].
//!
//! The server is a process of its own. Should it die, its copies go on, and the next worker is copied from a new one.

use std::{
    collections::HashMap,
    io,
    os::{
        fd::{BorrowedFd, OwnedFd},
        unix::process::ExitStatusExt,
    },
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent_runner_process::fork_server::{News, request};
use rustix::net::{Shutdown, shutdown};
use tokio::{
    io::{AsyncReadExt, Interest},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::oneshot,
};

pub(super) use tokio::sync::oneshot::error::TryRecvError::Empty as StillRuns;

use super::{LauncherConfig, Shared, StartBy, output::Output, start};

/// Learns how a copy ends; if its sender is gone, nobody will ever know.
pub(super) type End = oneshot::Receiver<ExitStatus>;

/// Whoever makes copies now, if anybody does.
#[derive(Default)]
pub(super) struct ForkServer(tokio::sync::Mutex<Option<Arc<Line>>>);

/// The way to one fork server.
struct Line {
    out: OwnedWriteHalf,
    awaited: Mutex<Awaited>,
    /// What the server itself prints.
    output: Output,
}

#[derive(Default)]
struct Awaited {
    requests: u64,
    starts: HashMap<u64, oneshot::Sender<io::Result<(u32, End)>>>,
    ends: HashMap<u32, oneshot::Sender<ExitStatus>>,
    closed: bool,
}

/// Starts the server, so that the first job need not wait for it.
pub(super) fn prepare(shared: &Arc<Shared>) {
    if shared.config.start_by == StartBy::Fork {
        let shared = shared.clone();
        // What goes wrong here goes wrong again when a worker is to be started, and is told there.
        tokio::spawn(async move { shared.fork_server.line(&shared.config).await.map(drop) });
    }
}

impl ForkServer {
    /// A copy that reads its order from `input`. Its pid, and how it will end.
    pub(super) async fn copy(
        &self,
        config: &LauncherConfig,
        input: BorrowedFd<'_>,
        output: &Output,
    ) -> io::Result<(u32, End)> {
        let line = self.line(config).await?;
        line.copy(input, output.as_fd()).await
    }

    async fn line(&self, config: &LauncherConfig) -> io::Result<Arc<Line>> {
        let mut current = self.0.lock().await;
        match &*current {
            Some(line) if !line.awaited().closed => Ok(line.clone()),
            _ => Ok(current.insert(Line::open(config)?).clone()),
        }
    }
}

impl Drop for ForkServer {
    /// The server ends when nobody can ask it any more.
    fn drop(&mut self) {
        if let Some(line) = self.0.get_mut() {
            let socket: &UnixStream = line.out.as_ref();
            let _ = shutdown(socket, Shutdown::Both);
        }
    }
}

impl Line {
    fn open(config: &LauncherConfig) -> io::Result<Arc<Self>> {
        let (near, far) = std::os::unix::net::UnixStream::pair()?;
        near.set_nonblocking(true)?;
        let output = Output::new()?;
        let mut command = start::command(config);
        command.arg("--fork-server").stdin(Stdio::from(OwnedFd::from(far)));
        // Nobody waits for it here: it ends when this line is closed, and the runtime reaps it.
        command.stdout(output.stdio()?).stderr(output.stdio()?).spawn()?;
        let (news, out) = UnixStream::from_std(near)?.into_split();
        let line = Arc::new(Self { out, awaited: Mutex::default(), output });
        tokio::spawn(listen(line.clone(), news));
        Ok(line)
    }

    fn awaited(&self) -> MutexGuard<'_, Awaited> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn copy(&self, input: BorrowedFd<'_>, output: BorrowedFd<'_>) -> io::Result<(u32, End)> {
        let (sender, started) = oneshot::channel();
        let number = {
            let mut awaited = self.awaited();
            awaited.requests += 1;
            let number = awaited.requests;
            awaited.starts.insert(number, sender);
            number
        };
        let socket: &UnixStream = self.out.as_ref();
        let asked = socket.async_io(Interest::WRITABLE, || request(socket, number, input, output));
        match asked.await {
            Ok(()) => started.await.unwrap_or_else(|_| Err(self.last_words())),
            Err(_) => Err(self.last_words()),
        }
    }

    fn last_words(&self) -> io::Error {
        let said = self.output.tail().map(|said| format!(": {said}")).unwrap_or_default();
        io::Error::other(format!("its fork server has ended{said}"))
    }
}

/// Passes on what the fork server says until it is gone.
async fn listen(line: Arc<Line>, mut news: OwnedReadHalf) {
    let mut bytes = [0; News::BYTES];
    while news.read_exact(&mut bytes).await.is_ok()
        && let Some(news) = News::from_bytes(&bytes)
    {
        line.awaited().hear(news);
    }
    let mut awaited = line.awaited();
    *awaited = Awaited { closed: true, ..Awaited::default() };
}

impl Awaited {
    fn hear(&mut self, news: News) {
        match news {
            News::Started { request, pid } => {
                let (sender, end) = oneshot::channel();
                self.ends.insert(pid, sender);
                if let Some(started) = self.starts.remove(&request) {
                    let _ = started.send(Ok((pid, end)));
                }
            }
            News::NotStarted { request, errno } => {
                if let Some(started) = self.starts.remove(&request) {
                    let _ = started.send(Err(io::Error::from_raw_os_error(errno)));
                }
            }
            News::Ended { pid, status } => {
                if let Some(end) = self.ends.remove(&pid) {
                    let _ = end.send(ExitStatus::from_raw(status));
                }
            }
        }
    }
}
