//! What SQLite's errors mean to callers, in one place.

use std::path::Path;

use agent_runner_domain::ports::{LedgerError, QueueError, StoreError};
use rusqlite::ErrorCode;

/// Why a read or write did not happen. One write's fault is told to everybody whose write it took along.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Unavailable(String),
    Corrupt(String),
}

impl Fault {
    pub(crate) fn of(error: &rusqlite::Error, path: &Path) -> Self {
        let file = path.display();
        let Some(code) = error.sqlite_error_code() else {
            return Self::Corrupt(format!("{file}: {error}"));
        };
        match code {
            ErrorCode::DiskFull => Self::Unavailable(format!(
                "there is no room left to write {file}: free some space on its disk"
            )),
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Unavailable(format!(
                "another program has locked {file}: end its transaction or close it"
            )),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
                Self::Unavailable(format!(
                    "{file} cannot be written: check the permissions of the file and its folder"
                ))
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Corrupt(format!("{file} is damaged ({error}): restore it from a copy"))
            }
            _ => Self::Unavailable(format!("{file}: {error}")),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(message) => Self::Unavailable(message),
            Fault::Corrupt(message) => Self::Corrupt(message),
        }
    }
}

impl From<Fault> for LedgerError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(message) | Fault::Corrupt(message) => Self(message),
        }
    }
}

impl From<Fault> for QueueError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(message) | Fault::Corrupt(message) => Self(message),
        }
    }
}
