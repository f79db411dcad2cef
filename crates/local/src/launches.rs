//! The launches of a launcher on this machine, whatever it knows one by, and who waits for a change of them.

mod table;

use std::{
    fmt::Display,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_domain::{
    job::{Evidence, Exit, LaunchFailure, LaunchFailureKind, LaunchRef},
    ports::{Ended, LaunchKey, LaunchOrder, RunningLaunch},
};
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

pub(crate) use self::table::{Known, name};
use self::table::{Reserved, Table};

/// `I` is what the backend knows a launch by.
pub(crate) struct Launches<I> {
    max_running: usize,
    table: Mutex<Table<I>>,
    /// Somebody may be waiting for a slot, or for news.
    freed: Notify,
    ended: Notify,
}

/// An order that was looked at.
pub(crate) enum Slot {
    /// It has one: start it, then call [`Launches::started`] or [`Launches::not_started`].
    Reserved,
    /// It was started before, under this name; none while it is still being started.
    Used(Option<LaunchRef>),
}

impl<I: Clone + Display> Launches<I> {
    pub(crate) fn new(max_running: usize) -> Self {
        let table = Mutex::new(Table::new(max_running));
        Self { max_running, table, freed: Notify::new(), ended: Notify::new() }
    }

    fn table(&self) -> MutexGuard<'_, Table<I>> {
        self.table.lock().expect("nothing panics while it is held")
    }

    /// # Errors
    /// When as many run as may.
    pub(crate) fn reserve(&self, key: LaunchKey) -> Result<Slot, LaunchFailure> {
        match self.table().reserve(key) {
            Reserved::Yes => Ok(Slot::Reserved),
            Reserved::Already(launch) => Ok(Slot::Used(launch)),
            Reserved::Full => {
                let message = format!("{} workers run already", self.max_running);
                Err(failure(LaunchFailureKind::Capacity, message))
            }
        }
    }

    /// Also for a launch of an earlier orchestrator, for which there may be no slot. Whether it is new.
    pub(crate) fn started(&self, key: LaunchKey, identity: I) -> bool {
        self.table().started(key, identity)
    }

    pub(crate) fn not_started(&self, key: LaunchKey) {
        self.table().not_started(key);
        self.freed.notify_one();
    }

    /// What is to be stopped now; `None` if nothing runs, or somebody stops it already.
    pub(crate) fn begin_to_stop(&self, key: LaunchKey) -> Option<I> {
        self.table().begin_to_stop(key)
    }

    pub(crate) fn is_stopping(&self, key: LaunchKey) -> bool {
        self.table().is_stopping(key)
    }

    pub(crate) fn over(&self, key: LaunchKey, exit: Exit) {
        self.table().over(key, exit);
        self.freed.notify_one();
        self.ended.notify_one();
    }

    pub(crate) fn look_up(&self, key: LaunchKey) -> Known<I> {
        self.table().look_up(key)
    }

    pub(crate) fn running(&self) -> Vec<RunningLaunch> {
        self.table().running()
    }

    /// See [`agent_runner_domain::ports::Launcher::free_slots`].
    pub(crate) async fn free_slots(&self, wait: Duration) -> usize {
        let look = || Some(self.table().free()).filter(|free| *free > 0);
        when(&self.freed, wait, look).await.unwrap_or(0)
    }

    /// See [`agent_runner_domain::ports::Launcher::ended`].
    pub(crate) async fn ended(&self, wait: Duration) -> Vec<Ended> {
        let look = || Some(self.table().take_news()).filter(|news| !news.is_empty());
        when(&self.ended, wait, look).await.unwrap_or_default()
    }

    /// The answers to orders, which are all in. One that came twice among them was still being started when its
    /// second half was looked at.
    pub(crate) fn named(
        &self,
        orders: &[LaunchOrder],
        answers: Vec<Result<Option<LaunchRef>, LaunchFailure>>,
    ) -> Vec<Result<Option<LaunchRef>, LaunchFailure>> {
        let named = |(order, answer): (&LaunchOrder, Result<Option<_>, _>)| {
            answer.map(|launch| launch.or_else(|| self.table().name_of(order.key)))
        };
        orders.iter().zip(answers).map(named).collect()
    }
}

pub(crate) fn failure(kind: LaunchFailureKind, message: String) -> LaunchFailure {
    LaunchFailure { kind, message, evidence: Evidence::default() }
}

/// What `look` sees, as soon as it sees something; looks again with every notice.
async fn when<T>(notice: &Notify, wait: Duration, look: impl Fn() -> Option<T>) -> Option<T> {
    let end = Instant::now() + wait;
    loop {
        let noticed = notice.notified();
        let seen = look();
        if seen.is_some() || timeout_at(end, noticed).await.is_err() {
            return seen.or_else(look);
        }
    }
}
