//! What callers are told when AWS or the stored data fail.

use agent_runner_domain::ports::StoreError;

use crate::{fault::Fault, large_objects::LargeObjectError, table::TableError};

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable(fault.to_string())
    }
}

impl From<LargeObjectError> for StoreError {
    fn from(error: LargeObjectError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<TableError> for StoreError {
    fn from(error: TableError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// `what` names the item; `why` what is wrong with it.
pub(super) fn corrupt(what: impl std::fmt::Display, why: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{what}: {why}"))
}

/// Others wrote to the same item each time.
pub(super) fn contended(what: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("{what} changes too fast"))
}
