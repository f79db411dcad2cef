//! Reads on the caller's own thread: a few rows by their keys cost less than handing the wish to another thread
//! and being woken with the answer.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use rusqlite::{Connection, ErrorCode};

use super::fault::Fault;

/// Connections that nobody waits for.
pub(super) struct AtHand {
    connections: Vec<Mutex<Connection>>,
    path: PathBuf,
}

impl AtHand {
    pub(super) fn new(connections: Vec<Connection>, path: &Path) -> Self {
        let connections = connections.into_iter().map(Mutex::new).collect();
        Self { connections, path: path.to_owned() }
    }

    /// `None`: no connection is free, or the file is locked. A thread of the readers can wait; the caller's cannot.
    pub(super) fn read<T>(
        &self,
        work: &impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Option<Result<T, Fault>> {
        let free = self.connections.iter().find_map(|connection| connection.try_lock().ok())?;
        match work(&free) {
            Err(error) if is_busy(&error) => None,
            outcome => Some(outcome.map_err(|error| Fault::of(&error, &self.path))),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}
