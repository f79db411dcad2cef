//! Who waits for news of a job in this process. A hint only: another orchestrator's changes are found by polling.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use agent_runner_domain::JobId;
use tokio::{
    sync::{Notify, futures::Notified},
    time::Instant,
};

type Waiting = HashMap<JobId, Weak<Notify>>;

/// Cheap to clone; all clones share their waiters.
#[derive(Clone, Default)]
pub struct Wakeups {
    jobs: Arc<Mutex<Waiting>>,
    sweeper: Arc<Notify>,
    moved: Arc<Notify>,
    stirred: Stirred,
}

/// When something last moved, or this process began to look.
#[derive(Clone)]
struct Stirred(Arc<Mutex<Instant>>);

impl Default for Stirred {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }
}

/// Interest in one job. Register it before reading the job, so that no change falls in between.
pub struct Interest {
    id: JobId,
    notify: Option<Arc<Notify>>,
    wakeups: Wakeups,
}

impl Wakeups {
    #[must_use]
    pub fn interest(&self, id: JobId) -> Interest {
        let mut jobs = self.lock();
        let notify = jobs.get(&id).and_then(Weak::upgrade).unwrap_or_else(|| {
            let notify = Arc::new(Notify::new());
            jobs.insert(id, Arc::downgrade(&notify));
            notify
        });
        Interest { id, notify: Some(notify), wakeups: self.clone() }
    }

    /// Something about the job has changed.
    pub fn changed(&self, id: JobId) {
        self.stir();
        self.moved.notify_waiters();
        if let Some(notify) = self.lock().get(&id).and_then(Weak::upgrade) {
            notify.notify_waiters();
        }
    }

    /// A job may be due earlier than the sweeper thinks.
    pub(crate) fn due_sooner(&self) {
        self.stir();
        self.sweeper.notify_one();
    }

    /// Something moves, or may do so behind our back.
    pub(crate) fn stir(&self) {
        *self.stirred.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// For how long nothing has moved.
    pub(crate) fn calm(&self) -> Duration {
        self.stirred.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    pub(crate) async fn sweeper_called(&self) {
        self.sweeper.notified().await;
    }

    /// The next change of any job. What happens before it is enabled goes unheard.
    pub(crate) fn any_change(&self) -> Notified<'_> {
        self.moved.notified()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interest {
    /// Reads until `read` gives something, after each change and every `poll`; `None` when `wait` is over.
    ///
    /// # Errors
    /// The first error of `read`.
    pub async fn until<T, E, F: Future<Output = Result<Option<T>, E>>>(
        &self,
        wait: Duration,
        poll: Duration,
        mut read: impl FnMut() -> F,
    ) -> Result<Option<T>, E> {
        let end = Instant::now() + wait;
        loop {
            let Some(notify) = &self.notify else {
                return Ok(None);
            };
            let notified = notify.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if let Some(found) = read().await? {
                return Ok(Some(found));
            }
            let now = Instant::now();
            if now >= end {
                return Ok(None);
            }
            let _ = tokio::time::timeout_at(end.min(now + poll), notified).await;
        }
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.notify = None;
        let mut jobs = self.wakeups.lock();
        if jobs.get(&self.id).is_some_and(|waiting| waiting.strong_count() == 0) {
            jobs.remove(&self.id);
        }
    }
}
