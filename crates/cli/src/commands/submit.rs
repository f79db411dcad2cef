//! `agent-runner submit`

mod bulk;
mod lines;

use std::path::PathBuf;

use clap::Args;

use super::Context;
use crate::{
    args::Submission,
    exit::Exit,
    failure::Failure,
    payload::Payload,
    server::{Need, Server},
    waiting,
};

/// Hands in a job, or many, and prints the ids.
#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// What kind of job; `agent-runner job-types` lists them.
    #[arg(required_unless_present = "bulk")]
    job_type: Option<String>,
    /// JSON, @FILE, - for standard input, or pairs: key=value key:=JSON outer.inner=text list[]=text.
    #[arg(value_name = "PAYLOAD")]
    payload: Vec<String>,
    #[arg(
        help = "Hand in every line of this file (- for standard input): {\"job_type\": …, \"payload\": …, …}"
    )]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["job_type", "payload", "priority", "delay",
        "at", "depends_on", "tag", "timeout", "max_attempts", "budget_usd",
        "cpu", "memory_mb", "architecture", "spot",
        "callback_url", "parent"])]
    bulk: Option<PathBuf>,
    /// Wait for the end: one job's result is printed, as `run` does; many jobs are counted.
    #[arg(long, short)]
    wait: bool,
    #[command(flatten)]
    submission: Submission,
}

impl Submit {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let need = if self.wait { Need::Run } else { Need::Look };
        let key = self.submission.idempotency_key.as_deref();
        if let Some(file) = &self.bulk {
            let lines = lines::Lines::open(file)?;
            let bulk = bulk::Bulk { lines, wait: self.wait, key, output: context.output };
            return context
                .with_server(need, async |server: &mut Server<'_>| bulk.run(server).await)
                .await;
        }
        let job_type = self.job_type.as_deref().unwrap_or_default();
        let payload = Payload::read(&self.payload)?;
        let output = context.output;
        context
            .with_server(need, async |server: &mut Server<'_>| {
                let payload = payload.of_type(job_type, server).await?;
                let job = self.submission.of(job_type, payload);
                let submitted = server.submit(&job, key).await?;
                let job = submitted.job;
                if self.wait {
                    return waiting::one::to_result(server, job.job_id, output).await;
                }
                output.show(&job, || job.job_id.to_string())?;
                if submitted.existing {
                    output.note("an earlier submission with this key had made the job");
                }
                if server.is_embedded() {
                    output.note("the job is kept, and runs when a server does: agent-runner serve");
                }
                Ok(Exit::Success)
            })
            .await
    }
}
