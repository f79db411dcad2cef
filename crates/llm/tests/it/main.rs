//! The clients against a server on this machine that says exactly what a test tells it to.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod anthropic;
mod openai;
mod resilience;
mod script;
mod streams;
