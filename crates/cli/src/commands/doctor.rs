//! `agent-runner doctor`

mod aws;
mod checks;
mod finding;
mod here;
mod there;

use std::net::SocketAddr;

use clap::Args;

use self::finding::{Finding, Level};
use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::Output,
    programs::{AwsArgs, BackendArgs, BackendKind},
};

/// Checks that everything is there which jobs need, and says what to do where it is not.
///
/// With --server, that server is looked at; with --backend aws an installation on AWS; else this machine.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The address that a server is to listen on.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "AGENT_RUNNER_LISTEN",
        default_value = "127.0.0.1:8000"
    )]
    listen: SocketAddr,
    #[command(flatten)]
    backend: BackendArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

impl Doctor {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let mut report = Report { output: context.output, worst: Level::Ok };
        report.add(&checks::version())?;
        report.add(&checks::clock())?;
        if context.common.server.is_some() {
            there::look(context, &mut report).await?;
        } else if self.backend.backend == BackendKind::Aws {
            aws::look(&self.aws, &mut report).await?;
        } else {
            here::look(context, self.listen, &mut report).await?;
        }
        Ok(if report.worst == Level::Fail { Exit::Failed } else { Exit::Success })
    }
}

/// Says each finding at once, because some take a moment.
struct Report<'a> {
    output: &'a Output,
    worst: Level,
}

impl Report<'_> {
    fn add(&mut self, finding: &Finding) -> Result<(), Failure> {
        self.worst = self.worst.max(finding.level);
        if self.output.json { self.output.value(finding) } else { self.output.line(finding.text()) }
    }
}
