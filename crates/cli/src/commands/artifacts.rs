//! `agent-runner artifacts`

mod save;

use std::path::PathBuf;

use agent_runner_api_types::ArtifactView;
use agent_runner_domain::JobId;
use clap::Args;

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::{Output, event::printable, table::Table},
    server::{Need, Server},
};

/// Lists the files that a job left, or fetches them.
#[derive(Debug, Args)]
pub(crate) struct Artifacts {
    #[arg(value_name = "JOB_ID")]
    id: JobId,
    /// Fetch these.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Fetch all of them.
    #[arg(long, short, conflicts_with = "names")]
    all: bool,
    /// Only what this attempt left; else the newest of each name.
    #[arg(long, value_name = "N")]
    attempt: Option<u32>,
    /// The folder to put them into, or - to write them to standard output.
    #[arg(long, short, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// Write over files that are there already.
    #[arg(long)]
    force: bool,
}

impl Artifacts {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        let work = async |server: &mut Server<'_>| {
            let mut files = server.client.artifacts(self.id).await?;
            files.retain(|file| self.attempt.is_none_or(|wanted| file.attempt == wanted));
            if self.names.is_empty() && !self.all {
                list(&files, output)?;
                return Ok(Exit::Success);
            }
            for file in self.wanted(&files)? {
                let mut download = server.client.download(file).await?;
                if self.output.as_os_str() == "-" {
                    while let Some(part) = download.next().await? {
                        output.bytes(part.as_ref())?;
                    }
                } else {
                    let path =
                        save::save(&mut download, &file.name, &self.output, self.force).await?;
                    output.line(path.display().to_string())?;
                }
            }
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }

    /// The newest file of each wanted name.
    fn wanted<'a>(&self, files: &'a [ArtifactView]) -> Result<Vec<&'a ArtifactView>, Failure> {
        let newest = |name: &str| {
            files.iter().filter(|file| file.name == name).max_by_key(|file| file.attempt)
        };
        if self.all {
            let is_newest = |file: &&ArtifactView| {
                newest(&file.name).is_some_and(|newest| newest.attempt == file.attempt)
            };
            return Ok(files.iter().filter(is_newest).collect());
        }
        let found = self.names.iter().map(|name| {
            newest(name).ok_or_else(|| {
                let message = format!("the job left no file {name:?}");
                let fix = format!("`agent-runner artifacts {}` lists what it left", self.id);
                Failure::new(Exit::NotFound, message).fix(fix)
            })
        });
        found.collect()
    }
}

fn list(files: &[ArtifactView], output: &Output) -> Result<(), Failure> {
    if output.json {
        return files.iter().try_for_each(|file| output.value(file));
    }
    if files.is_empty() {
        output.note("the job left no files");
        return Ok(());
    }
    let mut table = Table::new(&["NAME", "ATTEMPT", "BYTES"]);
    for file in files {
        table.row(vec![printable(&file.name), file.attempt.to_string(), file.bytes.to_string()]);
    }
    output.line(table.lines().join("\n"))
}
