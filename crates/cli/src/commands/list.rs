//! `agent-runner list`

use agent_runner_client::api::{Client, Filter};
use agent_runner_domain::{JobId, Timestamp, job::Status};
use clap::Args;

use super::Context;
use crate::{
    args::{Tag, since, status},
    exit::Exit,
    failure::Failure,
    output::{Output, job},
    server::{Need, Server},
};

/// What the server shows on one page.
const PAGE_MAX: usize = 500;

/// Lists jobs, newest first.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Show this many at most.
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20, conflicts_with = "all")]
    limit: usize,
    /// Show all of them.
    #[arg(long, short)]
    all: bool,
}

/// Which jobs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which jobs")]
pub(crate) struct FilterArgs {
    /// Only jobs in this state, such as running or timed-out.
    #[arg(long, short, value_parser = status)]
    status: Option<Status>,
    /// Only jobs of this type.
    #[arg(long = "type", short, value_name = "JOB_TYPE")]
    job_type: Option<String>,
    /// Only jobs with this label.
    #[arg(long, value_name = "KEY=VALUE")]
    tag: Option<Tag>,
    /// Only jobs that belong to this one.
    #[arg(long, value_name = "JOB_ID")]
    parent: Option<JobId>,
    /// Only jobs created since then: 12h, 7d, 2030-01-31 or 2030-01-31T12:00:00Z.
    #[arg(long, value_name = "WHEN", value_parser = since)]
    since: Option<Timestamp>,
}

impl FilterArgs {
    pub(crate) fn is_empty(&self) -> bool {
        self.status.is_none()
            && self.job_type.is_none()
            && self.tag.is_none()
            && self.parent.is_none()
            && self.since.is_none()
    }

    pub(crate) fn filter(&self, limit: usize) -> Filter {
        Filter {
            status: self.status,
            job_type: self.job_type.clone(),
            tag: self.tag.clone().map(|Tag(key, value)| (key, value)),
            parent: self.parent,
            since: self.since,
            limit: Some(limit.clamp(1, PAGE_MAX)),
        }
    }

    /// The ids of all that fit.
    pub(crate) async fn ids(&self, client: &Client) -> Result<Vec<JobId>, Failure> {
        let (filter, mut ids, mut cursor) = (self.filter(PAGE_MAX), Vec::new(), None);
        loop {
            let page = client.jobs(&filter, cursor.as_deref()).await?;
            ids.extend(page.jobs.iter().map(|job| job.job_id));
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(ids);
            }
        }
    }
}

impl List {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let work = async |server: &mut Server<'_>| {
            self.pages(&server.client, context.output).await?;
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }

    async fn pages(&self, client: &Client, output: &Output) -> Result<(), Failure> {
        let mut left = if self.all { usize::MAX } else { self.limit };
        let mut cursor: Option<String> = None;
        let (mut first, mut with_cost) = (true, false);
        while left > 0 {
            let page = client.jobs(&self.filter.filter(left), cursor.as_deref()).await?;
            if output.json {
                page.jobs.iter().try_for_each(|job| output.value(job))?;
            } else {
                // There is a column for costs from the first page on that has any.
                let had_cost = with_cost;
                with_cost |= page.jobs.iter().any(|job| job.cost.calls > 0);
                let lines = job::table(&page.jobs, with_cost).lines();
                let named = !first && had_cost == with_cost;
                let shown = lines.get(usize::from(named)..).unwrap_or_default();
                if !page.jobs.is_empty() {
                    output.line(shown.join("\n"))?;
                } else if first {
                    output.note("no jobs");
                }
            }
            first = false;
            left = left.saturating_sub(page.jobs.len());
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(());
            }
        }
        output.note("there are more: --all shows them, --limit N so many");
        Ok(())
    }
}
