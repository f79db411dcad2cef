//! The worker as its orchestrator meets it: a process, a link, an exit code.

mod command;
mod echo;
mod gateway;
mod launcher;
mod process;
