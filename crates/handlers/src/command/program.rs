//! The program while it runs.

use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use agent_runner_domain::{
    event::LogStream,
    job::{CauseKind, Failure},
};
use agent_runner_process::{GUARD_FLAG, adopt_orphans, out_of_memory_kills, reap_orphans};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin},
    time::{interval, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    family::Family,
    output::{Printed, pump},
    payload::Payload,
};
use crate::Context;

/// What a program that has ended by itself leaves running is asked to end, and has this long.
const LEFTOVERS_GRACE: Duration = Duration::from_secs(1);
/// How long the rest of the output is waited for when the job was stopped.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);
const REAP_PAUSE: Duration = Duration::from_secs(5);
const SIGKILL: i32 = 9;

/// A program that is over.
pub(super) struct Run {
    pub(super) ended: Ended,
    pub(super) stdout: Printed,
    pub(super) stderr: Printed,
}

pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) out_of_memory: bool,
}

impl Ended {
    pub(super) fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}

type Stream = AbortOnDropHandle<Printed>;

/// Runs the program to its end. `Err`: it could not be started, or the job was stopped.
pub(super) async fn run(
    payload: &Payload,
    folder: &Path,
    context: &Context,
) -> Result<Run, Failure> {
    let program = find(payload, folder, context)?;
    adopt_orphans();
    let kills_before = out_of_memory_kills();
    let mut child = start(&program, payload, folder, context).map_err(|error| {
        let message = format!("`{}` cannot be started: {error}", payload.program);
        Failure::passing(CauseKind::HandlerError, message)
    })?;
    let mut family = Family::new(child.id().expect("it was not waited for yet"));
    let _input = feed(child.stdin.take(), payload.stdin.clone());
    let (stdout, stderr) = listen(&mut child, payload.output_limit(), context);

    let status = context.cancelled.run_until_cancelled(wait(&mut child)).await;
    let Some(status) = status else {
        family.end(context.grace).await;
        return Err(stopped(payload, stderr).await);
    };
    family.end(LEFTOVERS_GRACE).await;
    let status = status.map_err(|error| {
        let message = format!("the end of `{}` was missed: {error}", payload.program);
        Failure::passing(CauseKind::HandlerError, message)
    })?;
    let out_of_memory = status.signal() == Some(SIGKILL) && out_of_memory_kills() > kills_before;
    let ended = Ended { status, out_of_memory };
    Ok(Run { ended, stdout: rest(stdout).await, stderr: rest(stderr).await })
}

fn find(payload: &Payload, folder: &Path, context: &Context) -> Result<PathBuf, Failure> {
    let own_path = payload.env.get("PATH").map(OsString::from);
    let search_path = own_path.unwrap_or_else(|| context.surroundings.search_path.clone());
    let name = &payload.program;
    which::which_in(name, Some(&search_path), folder).map_err(|_| {
        let message = if name.contains('/') {
            format!("`program`: `{name}` is no executable file")
        } else {
            let search_path = search_path.to_string_lossy();
            format!("`program`: there is no executable `{name}` in {search_path}")
        };
        Failure::lasting(CauseKind::HandlerError, message)
    })
}

fn start(program: &Path, payload: &Payload, folder: &Path, context: &Context) -> io::Result<Child> {
    let guard = &context.surroundings.guard;
    let missing = || io::Error::new(io::ErrorKind::NotFound, "there is no guard");
    let mut command = tokio::process::Command::new(guard.first().ok_or_else(missing)?);
    for name in context.surroundings.private_variables {
        command.env_remove(name);
    }
    command
        .args(&guard[1..])
        .arg(GUARD_FLAG)
        .arg(std::process::id().to_string())
        .arg(program)
        .arg(&payload.program)
        .args(&payload.args)
        .current_dir(folder)
        .envs(&payload.env)
        // Whatever the payload says: by these, what this program leaves is found if this worker is killed.
        .env("JOB_ID", context.job_id.to_string())
        .env("JOB_ATTEMPT", context.attempt.to_string())
        .process_group(0)
        .stdin(if payload.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// A program need not read what it is given.
fn feed(pipe: Option<ChildStdin>, text: Option<String>) -> Option<AbortOnDropHandle<()>> {
    let (mut pipe, text) = pipe.zip(text)?;
    let feeding = tokio::spawn(async move {
        let _ = pipe.write_all(text.as_bytes()).await;
    });
    Some(AbortOnDropHandle::new(feeding))
}

fn listen(child: &mut Child, limit: usize, context: &Context) -> (Stream, Stream) {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let events = || context.events.clone();
    let stdout = tokio::spawn(pump(stdout, LogStream::Stdout, limit, events()));
    let stderr = tokio::spawn(pump(stderr, LogStream::Stderr, limit, events()));
    (AbortOnDropHandle::new(stdout), AbortOnDropHandle::new(stderr))
}

/// This process is the parent of whatever the program abandons, and lets go of it when it has ended.
async fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let own = child.id().unwrap_or_default();
    let mut ticks = interval(REAP_PAUSE);
    ticks.tick().await;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            _ = ticks.tick() => reap_orphans(own),
        }
    }
}

/// Nobody holds the other end any more.
async fn rest(stream: Stream) -> Printed {
    stream.await.unwrap_or_default()
}

/// The worker knows why; here is what the program said last.
async fn stopped(payload: &Payload, stderr: Stream) -> Failure {
    let stderr = timeout(OUTPUT_GRACE, rest(stderr)).await.unwrap_or_default();
    let evidence = agent_runner_domain::job::Evidence {
        stderr_tail: agent_runner_domain::job::Evidence::tail(&stderr.tail),
        ..Default::default()
    };
    let message = format!("`{}` was stopped", payload.program);
    Failure::passing(CauseKind::Interrupted, message).with_evidence(evidence)
}
