//! Whether workers run in containers, and in what kind of.

use std::path::PathBuf;

use agent_runner_local::docker_launcher::Limits;
use clap::ValueEnum;

const SOCKET_DEFAULT: &str = "unix:///var/run/docker.sock";
const CPUS_MIN: f64 = 0.01;
/// Docker's own minimum is less, but no worker starts with that.
const MEMORY_MB_MIN: i64 = 32;
const PIDS_MIN: i64 = 8;

/// What workers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LauncherKind {
    /// Processes of this machine, started by the server.
    Process,
    /// Containers of this machine's Docker daemon, one per job, with limits of their own.
    Docker,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Workers in containers")]
pub struct ContainerArgs {
    /// How workers are started.
    #[arg(long, value_enum, env = "AGENT_RUNNER_LAUNCHER", default_value = "process")]
    pub launcher: LauncherKind,
    /// The image of workers; scripts/build-images makes it.
    #[arg(
        long,
        value_name = "IMAGE",
        env = "AGENT_RUNNER_WORKER_IMAGE",
        default_value = "agent-runner-worker"
    )]
    pub worker_image: String,
    /// The Unix socket of the Docker daemon.
    #[arg(long, value_name = "SOCKET", env = "DOCKER_HOST", default_value = SOCKET_DEFAULT)]
    docker_socket: String,
    /// The Docker network that workers are in; `none` leaves them nothing but this server.
    #[arg(
        long,
        value_name = "NETWORK",
        env = "AGENT_RUNNER_WORKER_NETWORK",
        default_value = "bridge"
    )]
    pub worker_network: String,
    /// How many processors each worker may use, unless its job wishes for others.
    #[arg(long, value_name = "N", env = "AGENT_RUNNER_WORKER_CPUS", default_value_t = 1.0, value_parser = cpus)]
    worker_cpus: f64,
    /// How much memory each worker may use, its temporary files included, unless its job wishes for other.
    #[arg(long, value_name = "MB", env = "AGENT_RUNNER_WORKER_MEMORY_MB", default_value_t = 1_024,
        value_parser = clap::value_parser!(u32).range(MEMORY_MB_MIN..))]
    worker_memory_mb: u32,
    /// How many processes and threads each worker may have.
    #[arg(long, value_name = "N", env = "AGENT_RUNNER_WORKER_PIDS", default_value_t = 512,
        value_parser = clap::value_parser!(u32).range(PIDS_MIN..))]
    worker_pids: u32,
}

/// The daemon is not one that can run workers of this machine.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is no Unix socket: workers need a Docker daemon of this machine, as in --docker-socket unix:///var/run/docker.sock"
)]
pub struct DockerSocketError(String);

impl ContainerArgs {
    pub(super) fn embedded() -> Self {
        Self {
            launcher: LauncherKind::Process,
            worker_image: String::new(),
            docker_socket: SOCKET_DEFAULT.to_owned(),
            worker_network: String::new(),
            worker_cpus: 1.0,
            worker_memory_mb: 1_024,
            worker_pids: 512,
        }
    }

    /// # Errors
    /// When it is not the path of a socket, with `unix://` or without.
    pub fn socket(&self) -> Result<PathBuf, DockerSocketError> {
        let path = self.docker_socket.strip_prefix("unix://").unwrap_or(&self.docker_socket);
        if path.starts_with('/') {
            return Ok(path.into());
        }
        Err(DockerSocketError(self.docker_socket.clone()))
    }

    #[must_use]
    pub fn limits(&self) -> Limits {
        let Self { worker_cpus: cpus, worker_memory_mb: memory_mb, worker_pids: pids, .. } = *self;
        Limits { cpus, memory_mb, pids }
    }
}

fn cpus(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(cpus) if cpus >= CPUS_MIN && f64::is_finite(cpus) => Ok(cpus),
        _ => Err(format!("a number of processors of at least {CPUS_MIN}, such as 0.5")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_of_this_machine_are_taken() {
        let socket = |docker_socket: &str| {
            let docker_socket = docker_socket.to_owned();
            ContainerArgs { docker_socket, ..ContainerArgs::embedded() }.socket()
        };
        for text in ["unix:///run/user/1000/docker.sock", "/run/user/1000/docker.sock"] {
            assert_eq!(socket(text).unwrap(), PathBuf::from("/run/user/1000/docker.sock"));
        }
        let error = socket("tcp://10.0.0.1:2375").unwrap_err().to_string();
        assert!(error.contains("tcp://10.0.0.1:2375") && error.contains("--docker-socket"));
    }

    #[test]
    fn a_part_of_a_processor_is_a_number_and_nothing_is_not() {
        assert_eq!(cpus("0.5"), Ok(0.5));
        for wrong in ["0", "-1", "inf", "NaN", "two"] {
            assert!(cpus(wrong).is_err(), "{wrong}");
        }
    }
}
