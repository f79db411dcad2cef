//! The launcher against an ECS of our own that says what the real one says, and fails as it does.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod conformance;
mod events;
mod failing;
mod fake;
mod launching;
mod looking;
