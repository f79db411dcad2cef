//! What the operating system knows about processes: which one is meant, whom it has started, and how all of
//! them are ended.
//!
//! The launcher ends workers, a worker ends its program; both must agree on what names a process and on what
//! belongs to a job, so both ask here. Nothing in this crate waits, except where it says so. On Linux it reads
//! `/proc`; elsewhere `sysinfo` knows the same.

mod family;
#[cfg(target_os = "linux")]
pub mod fork_server;
mod guard;
mod identity;
mod memory;
mod signals;
#[cfg_attr(target_os = "linux", path = "table_proc.rs")]
#[cfg_attr(not(target_os = "linux"), path = "table_sysinfo.rs")]
mod table;

pub use self::{
    family::{Mark, adopt_orphans, family_of, marked, reap_orphans},
    guard::{GUARD_FLAG, exec_guarded},
    identity::{Identity, IdentityError},
    memory::out_of_memory_kills,
    signals::{kill_all, kill_group, terminate_all, terminate_group},
};

/// The machine's name in its network.
#[must_use]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
