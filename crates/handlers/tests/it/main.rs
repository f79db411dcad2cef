//! Handlers that ask models, on a worker's link that keeps its promises, against a server that says exactly what a
//! test tells it to.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod agent;
mod answers;
mod budgets;
mod chat;
mod code;
mod cuts;
mod resume;
mod server;
mod trouble;
mod world;
