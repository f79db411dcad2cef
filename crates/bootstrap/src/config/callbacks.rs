//! Telling users' servers that a job has ended.

use std::path::PathBuf;

#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Callbacks")]
pub struct CallbackArgs {
    /// Let callback URLs lead to private, loopback and link-local addresses.
    #[arg(long, env = "AGENT_RUNNER_ALLOW_PRIVATE_CALLBACKS")]
    pub allow_private_callbacks: bool,
    /// File with the secret (whsec_…) that callbacks are signed with; by default one is made in the data folder.
    #[arg(long, value_name = "FILE", env = "AGENT_RUNNER_CALLBACK_SECRET_FILE")]
    pub callback_secret_file: Option<PathBuf>,
}
