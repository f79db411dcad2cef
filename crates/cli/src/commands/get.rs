//! `agent-runner get`

use std::time::Duration;

use agent_runner_domain::JobId;
use clap::Args;

use super::Context;
use crate::{
    args::duration,
    exit::Exit,
    failure::Failure,
    output::job,
    server::{Need, Server},
};

/// Shows a job.
#[derive(Debug, Args)]
pub(crate) struct Get {
    #[arg(value_name = "JOB_ID")]
    id: JobId,
    /// Wait this long for its end, a minute at most.
    #[arg(long, short, value_name = "DURATION", value_parser = duration)]
    wait: Option<Duration>,
    /// Print the result and nothing else.
    #[arg(long, group = "part")]
    result: bool,
    /// Print the payload and nothing else.
    #[arg(long, group = "part")]
    payload: bool,
    /// Print the attempts instead.
    #[arg(long, group = "part")]
    attempts: bool,
}

impl Get {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        let work = async |server: &mut Server<'_>| {
            let client = &server.client;
            let wait = self.wait.unwrap_or_default().min(Duration::from_mins(1));
            let job = if wait.is_zero() {
                client.job(self.id).await?
            } else {
                // The server counts whole seconds.
                client.wait(self.id, wait.max(Duration::from_secs(1))).await?
            };
            if self.result {
                output.raw(&client.result(self.id).await?)?;
            } else if self.payload {
                output.raw(&client.payload(self.id).await?)?;
            } else if self.attempts {
                for attempt in client.attempts(self.id).await? {
                    output.show(&attempt, || job::attempt(&attempt))?;
                }
            } else if output.json {
                output.value(&job)?;
            } else {
                output.line(job::details(&job).join("\n"))?;
                if let Some(result) = &job.result {
                    output.line("")?;
                    output.raw(result)?;
                }
            }
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }
}
