//! What a program needs before it can begin: its configuration, its backend, its log, its signals.
//!
//! The only crate that knows what stands behind the ports, and that reads the environment. It decides nothing
//! about jobs.

pub mod backend;
pub mod callbacks;
pub mod config;
pub mod examination;
pub mod random;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
pub mod world;

pub use self::{backend::Backend, config::ServeArgs};
