//! Where jobs are kept and run.

/// The backends there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum BackendKind {
    /// On this machine: SQLite, child processes and files.
    Local,
    /// DynamoDB, SQS, one Fargate task per job, S3 and Secrets Manager.
    Aws,
}

#[derive(Debug, Clone, Copy, clap::Args)]
#[command(next_help_heading = "Backend")]
pub struct BackendArgs {
    /// Where jobs are kept and run.
    #[arg(long, value_name = "BACKEND", env = "AGENT_RUNNER_BACKEND", default_value = "local")]
    pub backend: BackendKind,
}
