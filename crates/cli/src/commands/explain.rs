//! `agent-runner explain`

use agent_runner_domain::JobId;
use clap::Args;
use console::style;

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::event::printable,
    server::{Need, Server},
};

/// Says in plain words how a job is, how it came to that, and what would help.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[arg(value_name = "JOB_ID")]
    id: JobId,
}

impl Explain {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        let work = async |server: &mut Server<'_>| {
            let explanation = server.client.explain(self.id).await?;
            if output.json {
                output.value(&explanation)?;
                return Ok(Exit::Success);
            }
            output.line(printable(&explanation.summary))?;
            for detail in &explanation.details {
                output.line(format!("  {}", printable(detail)))?;
            }
            if let Some(fix) = &explanation.fix {
                output.line(format!("{} {}", style("fix:").bold(), printable(fix)))?;
            }
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }
}
