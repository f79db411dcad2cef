//! What tests share: fakes of the ports, a clock that stands still, seeded names, sample jobs and the
//! conformance suites that judge every adapter and every fake by the ports' documentation.
//!
//! Always a dev-dependency.

pub mod clock;
pub mod conformance;
pub mod fault_proxy;
pub mod ids;
pub mod memory;
pub mod metric_filters;
pub mod sample;
pub mod worker_processes;

pub use clock::FrozenClock;
pub use fault_proxy::{Answer, FaultProxy, Faults, Outage};
pub use ids::SeededIds;
pub use memory::{MemoryLedger, MemoryQueue, MemorySecrets, MemoryStore};
pub use sample::Samples;
