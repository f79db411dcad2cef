//! `agent-runner cost`

mod estimate;

use agent_runner_api_types::{CostReport, CostRowView, TokensView};
use agent_runner_client::api::{CostFilter, CostsBy};
use agent_runner_domain::{JobId, Timestamp};
use clap::Args;

use super::Context;
use crate::{
    args::since,
    exit::Exit,
    failure::Failure,
    output::{Output, cost, event::printable, table::Table},
    server::{Need, Server},
};

/// Says what was spent on model calls, by jobs in groups or by one job; or estimates what AWS will bill.
#[derive(Debug, Args)]
pub(crate) struct Cost {
    /// What this job has cost so far, with all jobs that it started.
    #[arg(value_name = "JOB_ID")]
    id: Option<JobId>,
    /// What makes a line: day (UTC), type, model, tag=KEY or tenant.
    #[arg(long, value_name = "WHAT", default_value = "day", value_parser = by, conflicts_with = "id")]
    by: CostsBy,
    /// Only calls made since then: 12h, 7d, 2030-01-31 or 2030-01-31T12:00:00Z.
    #[arg(long, value_name = "WHEN", value_parser = since, conflicts_with = "id")]
    since: Option<Timestamp>,
    /// Only calls made before then, written in the same ways.
    #[arg(long, value_name = "WHEN", value_parser = since, conflicts_with = "id")]
    until: Option<Timestamp>,
    #[command(flatten)]
    estimate: estimate::EstimateArgs,
}

fn by(text: &str) -> Result<CostsBy, String> {
    match text.split_once('=') {
        Some(("tag", key)) if !key.is_empty() => return Ok(CostsBy::Tag(key.to_owned())),
        _ => {}
    }
    match text {
        "day" => Ok(CostsBy::Day),
        "type" | "job_type" | "job-type" => Ok(CostsBy::JobType),
        "model" => Ok(CostsBy::Model),
        "tenant" => Ok(CostsBy::Tenant),
        _ => Err("use day, type, model, tag=KEY or tenant".to_owned()),
    }
}

impl Cost {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        if self.estimate.is_wanted() {
            return self.estimate.run(output);
        }
        let work = async |server: &mut Server<'_>| {
            if let Some(id) = self.id {
                let job = server.client.job(id).await?;
                output.show(&job.cost, || cost::details(&job.cost).join("\n"))?;
            } else {
                let filter =
                    CostFilter { by: self.by.clone(), since: self.since, until: self.until };
                self.report(&server.client.costs(&filter).await?, output)?;
            }
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }

    fn report(&self, report: &CostReport, output: &Output) -> Result<(), Failure> {
        if output.json {
            return output.value(report);
        }
        if report.rows.is_empty() {
            output.note("no model was asked");
            return Ok(());
        }
        let mut table =
            Table::new(&[self.heading(), "COST", "CALLS", "TOKENS IN", "CACHED", "TOKENS OUT"]);
        for row in &report.rows {
            table.row(cells(row));
        }
        output.line(table.lines().join("\n"))?;
        output.note(format!("all together {}", cost::amount(&report.total)));
        Ok(())
    }

    fn heading(&self) -> &'static str {
        match self.by {
            CostsBy::Day => "DAY",
            CostsBy::JobType => "TYPE",
            CostsBy::Model => "MODEL",
            CostsBy::Tag(_) => "TAG",
            CostsBy::Tenant => "TENANT",
        }
    }
}

fn cells(row: &CostRowView) -> Vec<String> {
    let CostRowView { key, cost } = row;
    let TokensView { input, output, cache_read, cache_write } = cost.tokens;
    let key = if key.is_empty() { "(none)" } else { key };
    vec![
        printable(key),
        cost::amount(cost),
        cost.calls.to_string(),
        (input + cache_write).to_string(),
        cache_read.to_string(),
        output.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grouping_that_does_not_exist_is_told_which_do() {
        assert_eq!(by("tag=team"), Ok(CostsBy::Tag("team".into())));
        for wrong in ["tag=", "tag", "hour", ""] {
            assert!(by(wrong).unwrap_err().contains("tag=KEY"), "{wrong}");
        }
    }
}
