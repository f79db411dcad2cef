//! Ports without a backend: quick, deterministic, and open to inspection.

mod queue;
mod store;

pub use self::{
    queue::MemoryQueue,
    store::{MemoryStore, Record},
};
