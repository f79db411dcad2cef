//! The embedded backend: everything on one machine, behind the ports of `domain`.
//!
//! An adapter translates and decides nothing; `testkit::conformance` says whether it does so well.

pub mod artifact_store;
pub mod data_folder;
pub mod database;
pub mod docker_launcher;
pub mod job_store;
pub mod launcher;
mod launches;
pub mod ledger;
pub mod secret_source;
pub mod work_queue;
