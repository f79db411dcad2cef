//! The worker as its orchestrator meets it: a process, a link, an exit code.

#![expect(clippy::unwrap_used, reason = "the harness is part of each test")]

mod agent;
mod claude;
mod command;
mod echo;
#[cfg(target_os = "linux")]
mod fork_server;
mod gateway;
mod launcher;
mod process;
mod research;
