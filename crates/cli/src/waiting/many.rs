//! Many jobs: a line for each while they are few, one bar when they are many.

use std::time::Duration;

use agent_runner_api_types::JobView;
use agent_runner_client::api::{ApiError, Client};
use agent_runner_domain::{JobId, job::Status};
use futures::{StreamExt, stream};
use indicatif::ProgressBar;

use super::{bar, spinner};
use crate::{
    exit::Exit,
    failure::Failure,
    output::{Output, job},
};

/// More than these do not fit on a screen.
const LINES_MAX: usize = 20;
const TOGETHER_MAX: usize = 32;
/// How stale a line may be.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long one question for an end may stay open.
const WAIT: Duration = Duration::from_secs(25);
/// A server that restarts is away for a moment.
const TRIES_MAX: u32 = 10;

/// How the jobs ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) exit: Exit,
    pub(crate) succeeded: usize,
    pub(crate) all: usize,
}

/// Waits for all of them, in any order, and calls `ended` with each as it ends.
pub(crate) async fn wait(
    client: &Client,
    ids: &[JobId],
    output: &Output,
    mut ended: impl FnMut(&JobView) -> Result<(), Failure>,
) -> Result<Ends, Failure> {
    let lines = ids.len() <= LINES_MAX;
    let whole = output.moving(bar(ids.len().try_into().unwrap_or(u64::MAX)));
    let mut views = stream::iter(ids)
        .map(|id| async {
            let line = lines.then(|| output.moving(spinner()));
            let job = to_end(client, *id, line.as_ref()).await;
            if let Some(line) = line {
                line.finish_and_clear();
            }
            job
        })
        .buffer_unordered(TOGETHER_MAX);
    let mut ends = Ends { exit: Exit::Success, succeeded: 0, all: ids.len() };
    while let Some(job) = views.next().await {
        let job = job?;
        ends.exit = ends.exit.and(Exit::of(job.status));
        ends.succeeded += usize::from(job.status == Status::Succeeded);
        whole.inc(1);
        ended(&job)?;
    }
    whole.finish_and_clear();
    Ok(ends)
}

async fn to_end(
    client: &Client,
    id: JobId,
    line: Option<&ProgressBar>,
) -> Result<JobView, ApiError> {
    let wait = if line.is_some() { LOOK_EVERY } else { WAIT };
    let mut tries = 0;
    loop {
        let job = match client.wait(id, wait).await {
            Ok(job) => job,
            Err(error) if error.is_passing() && tries < TRIES_MAX => {
                tries += 1;
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        tries = 0;
        if job.status.is_final() {
            return Ok(job);
        }
        if let Some(line) = line {
            line.set_message(format!("{id} {} {}", job.job_type, job::status(job.status)));
        }
    }
}
