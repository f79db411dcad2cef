//! Clients of an orchestrator: a user's, who speaks its API, and a worker's, which reports on one attempt.

#[cfg(feature = "api")]
pub mod api;
pub mod link;
