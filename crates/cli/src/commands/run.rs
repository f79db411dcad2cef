//! `agent-runner run`

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

/// Runs one job and prints its result; no server is needed.
///
/// Standard output gets the result and nothing else. Ctrl-C cancels the job; a second one leaves at once.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// What kind of job; `agent-runner job-types` lists them.
    job_type: String,
    /// JSON, @FILE, - for standard input, or pairs: key=value key:=JSON outer.inner=text list[]=text.
    #[arg(value_name = "PAYLOAD")]
    payload: Vec<String>,
    /// Leave once the job is accepted and print its id; needs a server that goes on.
    #[arg(long, short)]
    detach: bool,
    #[command(flatten)]
    submission: Submission,
}

impl Run {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let payload = Payload::read(&self.payload)?;
        let key = self.submission.idempotency_key.as_deref();
        context
            .with_server(Need::Run, async |server: &mut Server<'_>| {
                if self.detach && server.is_embedded() {
                    return Err(Failure::usage(
                        "no server is running that could go on with the job",
                    )
                    .fix("start one with `agent-runner serve`, or leave --detach out"));
                }
                let payload = payload.of_type(&self.job_type, server).await?;
                let job = self.submission.of(&self.job_type, payload);
                let job = server.submit(&job, key).await?.job;
                if self.detach {
                    context.output.line(job.job_id.to_string())?;
                    return Ok(Exit::Success);
                }
                waiting::one::to_result(server, job.job_id, context.output).await
            })
            .await
    }
}
