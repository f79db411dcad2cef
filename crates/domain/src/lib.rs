//! What a job is and how it changes: ids, the state machine, policies and the ports that adapters fill.
//!
//! This crate does no I/O and knows no clock. [`job::Job::apply`] is the only way a job changes; time and
//! randomness come in as parameters, effects go out as values. The [`ports`] say what the engine needs from a
//! store, a queue, a launcher and so on; [`direct_link::DirectLink`] is the worker's side of the protocol,
//! written once over those ports.

pub mod address;
pub mod catalog;
pub mod day;
pub mod direct_children;
pub mod direct_link;
pub mod event;
pub mod examination;
pub mod id;
pub mod job;
pub mod money;
pub mod mutant;
pub mod ports;
pub mod raw_json;
pub mod timestamp;

pub use day::Day;
pub use id::{IdError, JobId, Lease, TenantId};
pub use money::Money;
pub use raw_json::RawJson;
pub use timestamp::Timestamp;
