//! A worker: one process, one attempt of one job.
//!
//! It asks its orchestrator what to do, runs the handler, tells what happens while it happens, and says how it
//! ended. It decides nothing about the job and keeps nothing; if it dies at any moment, its orchestrator finds
//! out and another worker makes the next attempt. [`exit::Ended`] lists how it exits.

mod arguments;
mod environment;
pub mod exit;
mod finish;
mod heartbeat;
mod order;
mod patience;
mod program;
mod session;
mod shipping;
mod verdict;

pub use self::program::main_with;
