//! Workers started ahead of their job: they have loaded and wait for one line.

use std::{
    io::{PipeWriter, Write},
    process::Stdio,
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Duration,
};

use agent_runner_domain::ports::LaunchOrder;
use serde_json::json;
use tokio::{sync::Notify, task::spawn_blocking, time::sleep};

use super::{
    Shared,
    start::{self, Worker},
};

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

struct Idle {
    worker: Worker,
    /// Closed without a line, it lets the worker go.
    order: PipeWriter,
}

impl WarmPool {
    pub(super) fn new(size: usize) -> Self {
        Self { size, idle: Mutex::new(Vec::new()), taken: Arc::new(Notify::new()) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().expect("nothing panics while it is held")
    }

    /// How many stand ready.
    pub(super) fn ready(&self) -> usize {
        self.idle().len()
    }

    /// A worker that now has the order, if one was ready.
    pub(super) fn take(&self, order: &LaunchOrder) -> Option<Worker> {
        let line = json!({
            "job_id": order.key.job,
            "attempt": order.key.attempt,
            "lease": order.lease,
        });
        let line = format!("{line}\n");
        loop {
            let mut idle = self.idle().pop()?;
            self.taken.notify_one();
            // Whatever happened to one that does not listen any more: it has no order and does no harm.
            let listens = matches!(idle.worker.child.try_wait(), Ok(None));
            if listens && idle.order.write_all(line.as_bytes()).is_ok() {
                return Some(idle.worker);
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
            let again = shared.clone();
            match spawn_blocking(move || fill(&again)).await {
                Ok(Some(Ok(()))) => {
                    taken.notified().await;
                    sleep(PAUSE).await;
                }
                Ok(Some(Err(_))) => sleep(PAUSE_AFTER_FAILURE).await,
                Ok(None) | Err(_) => return,
            }
        }
    });
}

/// `None`: the launcher is gone.
fn fill(shared: &Weak<Shared>) -> Option<std::io::Result<()>> {
    loop {
        let shared = shared.upgrade()?;
        if shared.warm.idle().len() >= shared.warm.size {
            return Some(Ok(()));
        }
        match start_idle(&shared) {
            Ok(idle) => shared.warm.idle().push(idle),
            Err(error) => return Some(Err(error)),
        }
    }
}

fn start_idle(shared: &Shared) -> std::io::Result<Idle> {
    let (input, order) = std::io::pipe()?;
    let mut command = start::command(&shared.config);
    command.arg("--warm").stdin(Stdio::from(input));
    Ok(Idle { worker: start::spawn(command)?, order })
}
