//! The engine's use cases and passes, as stories of users, on fakes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails here")]

mod callbacks;
mod cancelling;
mod changing;
mod dependencies;
mod explaining;
mod failure_modes;
mod families;
mod launching;
mod money;
mod outages;
mod reading;
mod remembering;
mod submitting;
mod waiting;
mod world;
