//! Ports without a backend: quick, deterministic, and open to inspection.

mod ledger;
mod queue;
mod secrets;
mod store;

pub use self::{
    ledger::{Call, MemoryLedger},
    queue::MemoryQueue,
    secrets::MemorySecrets,
    store::{MemoryStore, Record},
};
