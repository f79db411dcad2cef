//! `agent-runner-orchestrator`: serves the API, configured by variables `AGENT_RUNNER_*`.

use std::{path::PathBuf, process::ExitCode};

use agent_runner_orchestrator::program::{self, Config, ServeArgs};
use clap::Parser;

/// Serves the API of agent-runner and runs its jobs. Every option can be given as a variable.
#[derive(Debug, Parser)]
#[command(name = "agent-runner-orchestrator", version, max_term_width = 110)]
struct Arguments {
    /// Where jobs are kept on this machine; the default is agent-runner in the user's data folder.
    #[arg(long, value_name = "FOLDER", env = "AGENT_RUNNER_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    serve: ServeArgs,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { data, serve: args } = arguments;
    let config = Config { data, args, own_worker: None, dispatch: true, demo: None };
    program::runtime()?.block_on(program::serve(config))
}
