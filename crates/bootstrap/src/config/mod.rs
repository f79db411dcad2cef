//! What can be configured, by flags or by variables `AGENT_RUNNER_*`; one section per concern.

mod aws;
mod backend;
mod callbacks;
mod containers;
mod data;
mod server;
mod workers;

pub use self::{
    aws::{AwsArgs, AwsConfigError, Installation, Placement},
    backend::{BackendArgs, BackendKind},
    callbacks::CallbackArgs,
    containers::{ContainerArgs, DockerSocketError, LauncherKind},
    data::data_folder,
    server::{ListenError, ServerArgs},
    workers::{WorkerArgs, WorkerProgramError},
};

/// Everything about serving but the data folder, which other commands choose too.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub server: ServerArgs,
    #[command(flatten)]
    pub workers: WorkerArgs,
    #[command(flatten)]
    pub containers: ContainerArgs,
    #[command(flatten)]
    pub callbacks: CallbackArgs,
    #[command(flatten)]
    pub backend: BackendArgs,
    #[command(flatten)]
    pub aws: AwsArgs,
}

impl ServeArgs {
    /// A server for the time of one command: any free port of this machine, and nothing else configured.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            server: ServerArgs::embedded(),
            workers: WorkerArgs::embedded(),
            containers: ContainerArgs::embedded(),
            callbacks: CallbackArgs::default(),
            backend: BackendArgs { backend: BackendKind::Local },
            aws: AwsArgs::default(),
        }
    }
}
