//! One SQLite file: a writer thread that groups commits, a few readers, and the line of ready jobs.
//!
//! WAL mode with `synchronous=FULL`: a write that returned is on disk, but for the few that
//! say that they can wait (`Safety`). The file can be looked at with
//! `sqlite3` while a server runs; start with the view `job_overview`.

mod at_hand;
mod batch;
mod codes;
mod fault;
mod gather;
mod open;
mod readers;
#[cfg(test)]
mod tests;
mod traffic;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use agent_runner_domain::ports::Clock;
use rusqlite::Connection;

pub use self::open::OpenError;
use self::{
    at_hand::AtHand,
    readers::Readers,
    writer::{Audience, Writer},
};
pub(crate) use self::{
    batch::{Batch, CountKey, Safety},
    codes::{status_code, status_of},
    fault::Fault,
    open::Tuning,
    readers::snapshot,
};
use crate::{
    job_store::{Recent, SqliteJobStore},
    ledger::SqliteLedger,
    work_queue::{Line, SqliteWorkQueue},
};

/// An open database. Clones share it; it is closed when the last of them and of its ports is dropped.
#[derive(Clone)]
pub struct Database(Arc<Shared>);

struct Shared {
    // Dropped in this order: the writer closes last and so leaves the file without a log beside it.
    at_hand: AtHand,
    readers: Readers,
    writer: Writer,
    line: Arc<Line>,
    recent: Arc<Recent>,
}

impl Database {
    /// Opens the file, and creates it where it is missing. The folder must exist.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with which file and what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_tuned(path.as_ref(), &Tuning::default())
    }

    pub(crate) fn open_tuned(path: &Path, tuning: &Tuning) -> Result<Self, OpenError> {
        let no_thread = |error| OpenError::NoThread { path: path.to_owned(), source: error };
        let connection = open::writer(path, tuning)?;
        let at_hand = (0..tuning.at_hand).map(|_| open::reader(path, Duration::ZERO));
        let at_hand = at_hand.collect::<Result<_, _>>()?;
        let connections = (0..tuning.readers).map(|_| open::reader(path, open::BUSY_TIMEOUT));
        let connections = connections.collect::<Result<_, _>>()?;
        let line = Arc::new(Line::default());
        let recent = Arc::new(Recent::default());
        let audience = Audience { line: line.clone(), recent: recent.clone() };
        let writer = Writer::start(connection, path.to_owned(), audience, tuning);
        Ok(Self(Arc::new(Shared {
            at_hand: AtHand::new(at_hand, path),
            readers: Readers::start(connections, path).map_err(no_thread)?,
            writer: writer.map_err(no_thread)?,
            line,
            recent,
        })))
    }

    #[must_use]
    pub fn job_store(&self) -> SqliteJobStore {
        SqliteJobStore::new(self.clone())
    }

    #[must_use]
    pub fn ledger(&self) -> SqliteLedger {
        SqliteLedger::new(self.clone())
    }

    /// The ready jobs of this database as a queue; `clock` ends holds.
    #[must_use]
    pub fn work_queue(&self, clock: Arc<dyn Clock>) -> SqliteWorkQueue {
        SqliteWorkQueue::new(self.clone(), Arc::clone(&self.0.line), clock)
    }

    /// Jobs that need not be read from the file.
    pub(crate) fn recent(&self) -> &Recent {
        &self.0.recent
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Batch) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.write_as(Safety::OnDisk, work).await
    }

    pub(crate) async fn write_as<T: Send + 'static>(
        &self,
        safety: Safety,
        work: impl FnOnce(&mut Batch) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.0.writer.write(safety, work).await
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.0.readers.read(|db| snapshot(db, work)).await
    }

    /// For a few rows by their keys, which must not be a matter of milliseconds. Without a snapshot.
    pub(crate) async fn read_few<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        match self.0.at_hand.read(&work) {
            Some(outcome) => outcome,
            None => self.0.readers.read(work).await,
        }
    }
}
