//! What can be typed.

mod submission;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    submission::Submission,
    values::{Tag, architecture, at, duration, priority, since, status, usd},
};
use crate::{commands, demo::Demo, exit, failure::Failure, programs};

const AFTER: &str = "\
Try it:
  agent-runner run echo '{\"message\":\"hello\"}'
  agent-runner run command program=ls args[]=-l
  agent-runner serve

Which server: --server, else the one that owns the data folder, else one inside this program for as long as \
the command takes. A key for the API comes from the variable AGENT_RUNNER_API_KEY or from --api-key-file.
";

const DEMO_FOLDER: &str = "agent-runner-demo";

/// Runs jobs for AI agents: durably, each in a process of its own.
#[derive(Debug, Parser)]
#[command(name = "agent-runner", version, max_term_width = 110, after_help = format!("{AFTER}\n{}", exit::TABLE))]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Common {
    /// Talk to the server at this URL.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "AGENT_RUNNER_SERVER",
        hide_env_values = true
    )]
    pub(crate) server: Option<String>,
    #[arg(help = "Read the API key from this file; AGENT_RUNNER_API_KEY has the key itself")]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "AGENT_RUNNER_API_KEY_FILE",
        hide_env_values = true
    )]
    pub(crate) api_key_file: Option<PathBuf>,
    #[arg(
        help = "Where jobs are kept; if not given, agent-runner in the user's data folder (XDG_DATA_HOME)"
    )]
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "AGENT_RUNNER_DATA",
        hide_env_values = true
    )]
    pub(crate) data: Option<PathBuf>,
    #[arg(
        help = "Let a simulator play the models: no key, no cost, nothing it says is true; jobs go to a data \
                folder of their own"
    )]
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// Write JSON for programs: one value, or one per line where there are many.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more on standard error, such as what a running job prints.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Say nothing on standard error but errors.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

impl Common {
    /// Where jobs are kept. What a simulator has said is not kept among real results.
    pub(crate) fn data_folder(&self) -> Result<PathBuf, Failure> {
        let folder = programs::data_folder(self.data.as_deref())?;
        let own = self.demo && self.data.is_none();
        Ok(if own { folder.with_file_name(DEMO_FOLDER) } else { folder })
    }

    /// The simulator, if one is wanted.
    pub(crate) async fn demo(&self) -> Result<Option<Demo>, Failure> {
        if self.demo { Demo::start().await.map(Some) } else { Ok(None) }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(commands::run::Run),
    Submit(commands::submit::Submit),
    Get(commands::get::Get),
    List(commands::list::List),
    Watch(commands::watch::Watch),
    Logs(commands::logs::Logs),
    Cancel(commands::change::Cancel),
    Retry(commands::change::Retry),
    Priority(commands::change::SetPriority),
    Cost(commands::cost::Cost),
    Budget(commands::budget::Budget),
    Explain(commands::explain::Explain),
    Artifacts(commands::artifacts::Artifacts),
    JobTypes(commands::job_types::JobTypes),
    Serve(commands::serve::Serve),
    Doctor(commands::doctor::Doctor),
    Keys(commands::keys::Keys),
    Completions(commands::completions::Completions),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/cli.md");

    #[test]
    fn the_page_for_people_has_every_command_and_exit_code() {
        for command in Cli::command().get_subcommands() {
            let heading = format!("\n## {}", command.get_name());
            assert!(PAGE.contains(&heading), "{heading:?} is not in docs/cli.md");
        }
        for line in exit::TABLE.lines().filter(|line| line.starts_with(' ')) {
            let (code, meaning) = line.trim().split_once("  ").expect("a code and its meaning");
            assert!(
                PAGE.contains(&format!("| {code} | {meaning} |")),
                "{code} is not in docs/cli.md"
            );
        }
    }

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
