//! How containers of workers are made.

use std::path::PathBuf;

use agent_runner_domain::job::Terms;

/// All that a launcher needs to know.
#[derive(Debug, Clone)]
pub struct DockerConfig {
    /// The Unix socket of the daemon.
    pub socket: PathBuf,
    /// The image, whose entry point is the worker.
    pub image: String,
    /// Whose containers these are: those of other installations on the same daemon are left alone.
    pub installation: String,
    /// Where workers find the orchestrator. Its folder is what containers see of this machine, so nothing else
    /// should lie there.
    pub worker_socket: PathBuf,
    /// What workers see in their environment besides their order.
    pub environment: Vec<(String, String)>,
    /// The Docker network that workers are in; `none` leaves them nothing but the socket of the orchestrator.
    pub network: String,
    pub limits: Limits,
    /// How many workers run at the same time.
    pub max_running: usize,
    pub terms: Terms,
}

/// What one container may use, unless its job wishes for other resources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Processors; parts of one are allowed.
    pub cpus: f64,
    /// Also what its temporary files may take, which are kept in memory.
    pub memory_mb: u32,
    /// Processes and threads.
    pub pids: u32,
}
