//! The engine's use cases and passes, as stories of users, on fakes.

mod callbacks;
mod changing;
mod dependencies;
mod explaining;
mod launching;
mod reading;
mod submitting;
mod world;
