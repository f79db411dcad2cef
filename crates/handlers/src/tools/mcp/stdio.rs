//! Servers that are programs.

use std::{
    cell::RefCell,
    io,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context as Poller, Poll, ready},
    time::Duration,
};

use agent_runner_domain::job::{CauseKind, Failure};
use rmcp::ServiceExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    super::{
        program::Program,
        secrets::{Hidden, Template},
    },
    server::{Server, introduction, no_greeting},
    spec::McpSpec,
};
use crate::Context;

/// Of a message, which is a line.
const LINE_BYTES_MAX: usize = 8 * 1024 * 1024;
const STDERR_TAIL_BYTES: usize = 2 * 1024;
const NONSENSE_BYTES_MAX: usize = 200;

pub(super) async fn connect(
    spec: &McpSpec,
    folder: &Path,
    context: &Context,
    hidden: &mut Hidden,
) -> Result<Server, Failure> {
    let name = spec.command.as_deref().unwrap_or_default();
    let mut secret_env = Vec::new();
    for (variable, template) in &spec.secret_env {
        let template = Template::parse(template)
            .map_err(|message| Failure::lasting(CauseKind::InvalidPayload, message))?;
        secret_env.push((variable, template.fill(context, hidden).await?));
    }
    let started = Program::start(name, folder, context, |program| {
        program.args(&spec.args).envs(&spec.env).envs(secret_env);
    });
    let mut program = started.map_err(|error| {
        let message = format!("the MCP server `{}` cannot be started: {error}", spec.mcp);
        match error.kind() {
            io::ErrorKind::NotFound => Failure::lasting(CauseKind::HandlerError, message),
            _ => Failure::passing(CauseKind::HandlerError, message),
        }
    })?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let pipes =
        (program.child.stdout.take(), program.child.stdin.take(), program.child.stderr.take());
    let (Some(stdout), Some(stdin), Some(stderr)) = pipes else {
        let message = format!("the MCP server `{}` was started without pipes", spec.mcp);
        return Err(Failure::passing(CauseKind::HandlerError, message));
    };
    let listening = AbortOnDropHandle::new(tokio::spawn(listen(stderr, seen.clone())));
    let witness =
        Witness { program: RefCell::new(program), seen: seen.clone(), _listening: listening };
    let transport =
        (Watched { inner: stdout, seen, line_bytes: 0, is_nonsense: false }, Unbroken(stdin));
    match introduction().serve(transport).await {
        Ok(service) => Ok(Server::new(&spec.mcp, service, Some(witness))),
        Err(error) => {
            witness.wait_a_moment().await;
            Err(no_greeting(&spec.mcp, &error, witness.statement()))
        }
    }
}

/// What a program was seen to do.
#[derive(Default)]
struct Seen {
    stderr_tail: Vec<u8>,
    /// The beginning of the first line that is no message.
    nonsense: Vec<u8>,
    is_too_long: bool,
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the program, and can say what became of it.
pub(super) struct Witness {
    program: RefCell<Program>,
    seen: Arc<Mutex<Seen>>,
    _listening: AbortOnDropHandle<()>,
}

impl Witness {
    pub(super) fn statement(&self) -> Option<String> {
        let seen = lock(&self.seen);
        let mut parts = Vec::new();
        if seen.is_too_long {
            parts.push(format!("it has sent a message of more than {LINE_BYTES_MAX} bytes"));
        }
        if let Ok(Some(status)) = self.program.borrow_mut().child.try_wait() {
            parts.push(format!("the program has ended ({status})"));
        }
        if !seen.nonsense.is_empty() {
            let line = String::from_utf8_lossy(&seen.nonsense);
            parts.push(format!("on its standard output was a line that is no message: {line:?}"));
        }
        let last = String::from_utf8_lossy(&seen.stderr_tail);
        if !last.trim().is_empty() {
            parts.push(format!("on its standard error was: {}", last.trim()));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// Until it ends by itself, or the time is over; then it is killed.
    pub(super) async fn wait(&mut self, limit: Duration) {
        let program = self.program.get_mut();
        let _ = timeout(limit, program.child.wait()).await;
        program.kill();
    }

    /// Its last words may still be on their way, and its end not be known yet.
    pub(super) async fn wait_a_moment(&self) {
        let has_ended = || matches!(self.program.borrow_mut().child.try_wait(), Ok(Some(_)));
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if has_ended() {
                return;
            }
        }
    }
}

async fn listen(mut stderr: impl AsyncRead + Unpin, seen: Arc<Mutex<Seen>>) {
    let mut part = [0; 4096];
    while let Ok(read @ 1..) = stderr.read(&mut part).await {
        let tail = &mut lock(&seen).stderr_tail;
        tail.extend_from_slice(&part[..read]);
        let excess = tail.len().saturating_sub(STDERR_TAIL_BYTES);
        tail.drain(..excess);
    }
}

/// A program's messages on their way to whoever reads them: too long a line ends the connection, and what is no
/// message is noted.
struct Watched<R> {
    inner: R,
    seen: Arc<Mutex<Seen>>,
    line_bytes: usize,
    is_nonsense: bool,
}

impl<R: AsyncRead + Unpin> AsyncRead for Watched<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        poller: &mut Poller<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(poller, buffer))?;
        let watched = self.watch(&buffer.filled()[before..]);
        if watched.is_err() {
            buffer.set_filled(before);
        }
        Poll::Ready(watched)
    }
}

impl<R> Watched<R> {
    fn watch(&mut self, part: &[u8]) -> io::Result<()> {
        for piece in part.split_inclusive(|byte| *byte == b'\n') {
            if self.line_bytes == 0 {
                let starts_a_message = matches!(piece.first(), Some(b'{' | b'[' | b'\r' | b'\n'));
                self.is_nonsense = !starts_a_message && lock(&self.seen).nonsense.is_empty();
            }
            if self.is_nonsense {
                let nonsense = &mut lock(&self.seen).nonsense;
                let room = NONSENSE_BYTES_MAX.saturating_sub(nonsense.len());
                nonsense.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            self.line_bytes =
                if piece.ends_with(b"\n") { 0 } else { self.line_bytes + piece.len() };
            if self.line_bytes > LINE_BYTES_MAX {
                lock(&self.seen).is_too_long = true;
                return Err(io::Error::other("the message is too long"));
            }
        }
        Ok(())
    }
}

/// A program's input that takes everything: of a program that no longer reads, its last words and its end are the
/// news, and whoever reads its output learns of both.
struct Unbroken<W>(W);

impl<W: AsyncWrite + Unpin> AsyncWrite for Unbroken<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        poller: &mut Poller<'_>,
        part: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(poller, part).map(|written| unbroken(written, part.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(poller).map(|flushed| unbroken(flushed, ()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(poller).map(|shut| unbroken(shut, ()))
    }
}

fn unbroken<T>(outcome: io::Result<T>, instead: T) -> io::Result<T> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(instead),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn a_program_that_no_longer_reads_is_no_error() {
        let (near, far) = tokio::io::duplex(1);
        drop(far);
        let mut input = Unbroken(near);
        input.write_all(b"anyone there?").await.unwrap();
        input.flush().await.unwrap();
    }

    #[tokio::test]
    async fn nonsense_is_noted_and_an_endless_line_ends_the_connection() {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let text = b"{\"a\": 1}\nStarting up...\n{\"b\": 2}\n";
        let mut watched =
            Watched { inner: &text[..], seen: seen.clone(), line_bytes: 0, is_nonsense: false };
        let mut read = Vec::new();
        watched.read_to_end(&mut read).await.unwrap();
        assert_eq!(read, text);
        assert_eq!(lock(&seen).nonsense, b"Starting up...\n");

        let endless = tokio::io::repeat(b'x');
        let mut watched =
            Watched { inner: endless, seen: seen.clone(), line_bytes: 0, is_nonsense: false };
        assert!(watched.read_to_end(&mut Vec::new()).await.is_err());
        assert!(lock(&seen).is_too_long);
    }
}
