//! The HTTP API in front of the engine, and the program that serves it.
//!
//! Handlers are thin: they take a request apart, ask the engine and shape the answer. What stands behind the
//! engine's ports is known to [`program`] alone.

mod access;
mod app;
mod costs;
mod docs;
mod error;
mod extract;
mod frame;
mod health;
mod job_types;
mod jobs;
mod metrics;
mod openapi;
mod problem_pages;
pub mod program;
mod providers;
mod routes;
mod server;
#[cfg(test)]
mod test_site;
mod worker_gateway;
