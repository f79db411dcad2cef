//! `agent-runner watch`

use agent_runner_api_types::JobView;
use agent_runner_domain::JobId;
use clap::Args;

use super::{Context, list::FilterArgs};
use crate::{
    exit::Exit,
    failure::Failure,
    notify,
    output::{Output, job},
    server::{Need, Server},
    waiting::many::{self, Ends},
};

/// Waits for jobs to end and shows how they are meanwhile.
///
/// With ids, those jobs; else all that fit the filter now. Leaving with Ctrl-C does not touch the jobs.
#[derive(Debug, Args)]
pub(crate) struct Watch {
    #[arg(value_name = "JOB_ID")]
    ids: Vec<JobId>,
    /// Tell the desktop when all have ended.
    #[arg(long)]
    notify: bool,
    #[command(flatten)]
    filter: FilterArgs,
}

impl Watch {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        if self.ids.is_empty() == self.filter.is_empty() {
            return Err(Failure::usage("watch needs either job ids or a filter")
                .fix("name jobs, or choose them by --status, --type, --tag, --parent or --since"));
        }
        context
            .with_server(Need::Look, async |server: &mut Server<'_>| {
                self.watch(server, context).await
            })
            .await
    }

    async fn watch(&self, server: &Server<'_>, context: &Context<'_>) -> Result<Exit, Failure> {
        let (client, output) = (&server.client, context.output);
        let ids =
            if self.ids.is_empty() { self.filter.ids(client).await? } else { self.ids.clone() };
        if !server.drives_jobs() {
            return self.look(server, &ids, output).await;
        }
        let ends = many::wait(client, &ids, output, |job| show(output, job)).await?;
        output.note(summary(ends));
        if self.notify
            && let Err(why) = notify::desktop("agent-runner", &summary(ends)).await
        {
            output.note(why);
        }
        Ok(ends.exit)
    }

    /// Nothing moves without a server, so there is nothing to wait for.
    async fn look(
        &self,
        server: &Server<'_>,
        ids: &[JobId],
        output: &Output,
    ) -> Result<Exit, Failure> {
        let mut exit = Exit::Success;
        for id in ids {
            let job = server.client.job(*id).await?;
            exit = exit.and(Exit::of(job.status));
            show(output, &job)?;
        }
        if exit == Exit::Unfinished {
            output.note("no server is running, so jobs do not move on: agent-runner serve");
        }
        Ok(exit)
    }
}

fn show(output: &Output, job: &JobView) -> Result<(), Failure> {
    if output.json {
        return output.value(job);
    }
    let cause = job.cause.as_ref().map(|cause| format!("  {}", job::sentence(cause)));
    let status = job::status(job.status);
    let text = format!("{} {} {status}{}", job.job_id, job.job_type, cause.unwrap_or_default());
    output.line(text)
}

fn summary(ends: Ends) -> String {
    match ends.all {
        1 if ends.succeeded == 1 => "the job succeeded".to_owned(),
        1 => "the job did not succeed".to_owned(),
        all => format!("{} of {all} jobs succeeded", ends.succeeded),
    }
}
