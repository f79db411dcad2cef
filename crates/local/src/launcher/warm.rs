//! Workers started ahead of their job: they have loaded and wait for one line.

#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::{
    io::{self, PipeReader, PipeWriter, Write},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use agent_runner_domain::ports::LaunchOrder;
use serde_json::json;
use tokio::{sync::Notify, time::sleep};

use super::{Shared, StartBy, start, worker::Worker};

/// A worker that was just put to work needs the processor more than the next one that waits.
const PAUSE: Duration = Duration::from_millis(4);
/// After a worker could not be started.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

pub(super) struct WarmPool {
    size: usize,
    idle: Mutex<Vec<Idle>>,
    /// One was taken.
    taken: Arc<Notify>,
}

pub(super) struct Idle {
    worker: Worker,
    /// Closed without a line, it lets the worker go.
    order: PipeWriter,
}

impl Idle {
    pub(super) fn tell(&mut self, order: &LaunchOrder) -> io::Result<()> {
        let line = json!({
            "job_id": order.key.job,
            "attempt": order.key.attempt,
            "lease": order.lease,
        });
        self.order.write_all(format!("{line}\n").as_bytes())
    }

    pub(super) fn into_worker(self) -> Worker {
        self.worker
    }
}

impl WarmPool {
    pub(super) fn new(size: usize) -> Self {
        Self { size, idle: Mutex::new(Vec::new()), taken: Arc::new(Notify::new()) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().expect("nothing panics while it is held")
    }

    /// A worker that now has the order, if one was ready.
    pub(super) fn take(&self, order: &LaunchOrder) -> Option<Worker> {
        loop {
            let mut idle = self.idle().pop()?;
            self.taken.notify_one();
            // Whatever happened to one that does not listen any more: it has no order and does no harm.
            if !idle.worker.process.has_ended() && idle.tell(order).is_ok() {
                return Some(idle.into_worker());
            }
        }
    }

    /// Lets all go that wait.
    pub(super) fn dismiss(&self) {
        self.idle().clear();
        self.taken.notify_one();
    }
}

/// Starts workers until enough are ready, again and again for as long as the launcher exists.
pub(super) fn keep_filled(shared: &Arc<Shared>) {
    if shared.warm.size == 0 {
        return;
    }
    let (taken, shared) = (shared.warm.taken.clone(), Arc::downgrade(shared));
    tokio::spawn(async move {
        loop {
            match fill(&shared).await {
                Some(Ok(())) => {
                    taken.notified().await;
                    sleep(PAUSE).await;
                }
                Some(Err(_)) => sleep(PAUSE_AFTER_FAILURE).await,
                None => return,
            }
        }
    });
}

/// `None`: the launcher is gone.
async fn fill(shared: &Weak<Shared>) -> Option<io::Result<()>> {
    loop {
        let shared = shared.upgrade()?;
        if shared.warm.idle().len() >= shared.warm.size {
            return Some(Ok(()));
        }
        match start_idle(&shared).await {
            Ok(idle) => shared.warm.idle().push(idle),
            Err(error) => return Some(Err(error)),
        }
    }
}

pub(super) async fn start_idle(shared: &Shared) -> io::Result<Idle> {
    let (input, order) = io::pipe()?;
    let worker = match shared.config.start_by {
        StartBy::Exec => {
            let mut command = start::command(&shared.config);
            command.arg("--warm").stdin(Stdio::from(input));
            start::spawn(command).await?
        }
        StartBy::Fork => copy(shared, input).await?,
    };
    Ok(Idle { worker, order })
}

#[cfg(target_os = "linux")]
async fn copy(shared: &Shared, input: PipeReader) -> io::Result<Worker> {
    use super::{output::Output, worker::Process};

    let output = Output::new()?;
    let (pid, end) = shared.fork_server.copy(&shared.config, input.as_fd(), &output).await?;
    Ok(Worker { process: Process::Copy(end), identity: start::find(Some(pid))?, output })
}

#[cfg(not(target_os = "linux"))]
async fn copy(_shared: &Shared, _input: PipeReader) -> io::Result<Worker> {
    Err(io::ErrorKind::Unsupported.into())
}
