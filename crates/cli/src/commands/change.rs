//! `agent-runner cancel`, `retry` and `priority`: commands that change jobs.

use agent_runner_api_types::JobView;
use agent_runner_client::api::{ApiError, Client};
use agent_runner_domain::{JobId, job::Priority};
use clap::Args;

use super::Context;
use crate::{
    args::priority,
    exit::Exit,
    failure::Failure,
    output::job,
    server::{Need, Server},
};

/// Cancels jobs. One that runs is told to stop, and killed if it does not.
#[derive(Debug, Args)]
pub(crate) struct Cancel {
    #[arg(value_name = "JOB_ID", required = true)]
    ids: Vec<JobId>,
}

/// Runs jobs again that have ended without success, with all their attempts.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    #[arg(value_name = "JOB_ID", required = true)]
    ids: Vec<JobId>,
}

/// Moves waiting jobs in line.
#[derive(Debug, Args)]
#[command(name = "priority")]
pub(crate) struct SetPriority {
    /// 1 (last) to 10 (first), or low, normal, high.
    #[arg(value_name = "LEVEL", value_parser = priority)]
    level: Priority,
    #[arg(value_name = "JOB_ID", required = true)]
    ids: Vec<JobId>,
}

impl Cancel {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        each(context, &self.ids, async |client, id| client.cancel(id).await).await
    }
}

impl Retry {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        each(context, &self.ids, async |client, id| client.retry(id).await).await
    }
}

impl SetPriority {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let level = self.level;
        each(context, &self.ids, async |client, id| client.change_priority(id, level).await).await
    }
}

/// One refusal does not keep the others from being tried.
async fn each(
    context: &Context<'_>,
    ids: &[JobId],
    change: impl AsyncFn(&Client, JobId) -> Result<JobView, ApiError>,
) -> Result<Exit, Failure> {
    let output = context.output;
    let work = async |server: &mut Server<'_>| {
        let mut exit = Exit::Success;
        for id in ids {
            match change(&server.client, *id).await {
                Ok(job) if output.json => output.value(&job)?,
                Ok(job) => {
                    output.line(format!(
                        "{id} {} priority {}",
                        job::status(job.status),
                        job.priority
                    ))?;
                }
                Err(error) => {
                    let failure = Failure::from(error);
                    exit = exit.and(failure.exit);
                    output.complain(&failure.detail(format!("for {id}")));
                }
            }
        }
        Ok(exit)
    };
    context.with_server(Need::Look, work).await
}
