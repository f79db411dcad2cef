//! `agent-runner completions`

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Context;
use crate::{args::Cli, exit::Exit, failure::Failure};

/// Prints what a shell needs to complete commands and options.
///
/// For example: agent-runner completions bash > ~/.local/share/bash-completion/completions/agent-runner
#[derive(Debug, Args)]
pub(crate) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "agent-runner", &mut script);
        context.output.bytes(&script)?;
        Ok(Exit::Success)
    }
}
