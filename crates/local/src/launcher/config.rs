//! How workers are started.

use std::{ffi::OsString, path::PathBuf};

use agent_runner_domain::job::Terms;

/// All that a launcher needs to know.
#[derive(Debug, Clone)]
pub struct LauncherConfig {
    /// The worker program's path and its first arguments. The path should be absolute.
    pub program: Vec<OsString>,
    /// Where workers find the orchestrator: `unix:/path` or `http://host:port`.
    pub link: String,
    /// The whole environment of a worker besides its order; see [`is_passed_on`].
    pub environment: Vec<(OsString, OsString)>,
    /// Where working folders are made. What a killed worker leaves there is removed.
    pub work_dir: PathBuf,
    /// How many workers run at the same time.
    pub max_running: usize,
    /// How many workers stand ready, started ahead of their job. They do not count as running.
    pub warm: usize,
    pub start_by: StartBy,
    pub terms: Terms,
}

/// How a worker's process comes to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartBy {
    /// The program is loaded for every job, and finds its order in `JOB_ID`, `JOB_ATTEMPT` and `JOB_LEASE`.
    Exec,
    /// The program is loaded once, as a fork server that copies itself for every job. It must be ours. Linux only.
    Fork,
}

/// Whether a variable of the orchestrator's own environment is passed on to workers when nobody says otherwise:
/// what programs need to find files and to speak the user's language, and no secrets.
#[must_use]
pub fn is_passed_on(name: &str) -> bool {
    const NAMES: [&str; 8] = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"];
    NAMES.contains(&name) || name.starts_with("LC_")
}
