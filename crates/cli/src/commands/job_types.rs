//! `agent-runner job-types`

use agent_runner_api_types::JobTypeView;
use clap::Args;
use console::style;

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::{Output, table::Table},
    server::{Need, Server},
};

/// Lists the kinds of job, or shows one with its schema and an example.
#[derive(Debug, Args)]
pub(crate) struct JobTypes {
    /// The one to show in full.
    name: Option<String>,
}

impl JobTypes {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        let work = async |server: &mut Server<'_>| {
            let kinds = server.client.job_types().await?;
            match &self.name {
                Some(name) => one(&kinds, name, output)?,
                None if output.json => kinds.iter().try_for_each(|kind| output.value(kind))?,
                None => all(&kinds, output)?,
            }
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }
}

fn all(kinds: &[JobTypeView], output: &Output) -> Result<(), Failure> {
    let mut table = Table::new(&["TYPE", "WHAT IT DOES"]);
    for kind in kinds {
        table.row(vec![kind.job_type.clone(), kind.summary.clone()]);
    }
    output.line(table.lines().join("\n"))
}

fn one(kinds: &[JobTypeView], name: &str, output: &Output) -> Result<(), Failure> {
    let Some(kind) = kinds.iter().find(|kind| kind.job_type == name) else {
        let names: Vec<_> = kinds.iter().map(|kind| kind.job_type.as_str()).collect();
        let message = format!("there is no job type {name:?}");
        return Err(
            Failure::new(Exit::NotFound, message).fix(format!("use one of: {}", names.join(", ")))
        );
    };
    if output.json {
        return output.value(kind);
    }
    let shown = |value| serde_json::to_string_pretty(value).unwrap_or_default();
    output.line(format!("{} {}", style(&kind.job_type).bold(), kind.summary))?;
    output.line(format!("\nexample:\n{}", shown(&kind.example)))?;
    output.line(format!("\nschema of the payload:\n{}", shown(&kind.payload_schema)))
}
