//! `agent-runner logs`

use agent_runner_api_types::{EventDetail, EventView};
use agent_runner_client::api::Followed;
use agent_runner_domain::{JobId, event::LogStream};
use clap::{Args, ValueEnum};

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::{Output, event},
    server::{Need, Server},
};

/// Shows what happened with a job and what it printed.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    #[arg(value_name = "JOB_ID")]
    id: JobId,
    /// Go on until the job has ended.
    #[arg(long, short)]
    follow: bool,
    /// Only what came after the entry with this number.
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: u64,
    /// Only what was printed to this stream.
    #[arg(long, value_name = "STREAM")]
    stream: Option<Stream>,
    /// Only the printed lines, just as they are.
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stream {
    Stdout,
    Stderr,
    Worker,
}

impl From<Stream> for LogStream {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Stdout => Self::Stdout,
            Stream::Stderr => Self::Stderr,
            Stream::Worker => Self::Worker,
        }
    }
}

impl Logs {
    pub(crate) async fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
        let output = context.output;
        let work = async |server: &mut Server<'_>| {
            if self.follow && server.drives_jobs() {
                self.follow(server, output).await?;
            } else {
                let complete = self.pages(server, self.after, output).await?;
                if self.follow && !complete {
                    output.note(
                        "no server is running, so the job does not move on: agent-runner serve",
                    );
                    return Ok(Exit::Unfinished);
                }
            }
            Ok(Exit::Success)
        };
        context.with_server(Need::Look, work).await
    }

    async fn follow(&self, server: &mut Server<'_>, output: &Output) -> Result<(), Failure> {
        let mut log = server.client.follow(self.id, self.after);
        loop {
            match log.next().await? {
                Followed::Event(event) => self.show(&event, output)?,
                Followed::Lost { why, .. } => {
                    output.note(format!("{why}; trying again"));
                    if server.follow_owner().await? {
                        log = server.client.follow(self.id, log.seen());
                    }
                }
                Followed::End => return Ok(()),
            }
        }
    }

    /// Everything so far, and whether more may come.
    async fn pages(
        &self,
        server: &Server<'_>,
        mut after: u64,
        output: &Output,
    ) -> Result<bool, Failure> {
        loop {
            let page = server.client.events(self.id, after).await?;
            page.events.iter().try_for_each(|event| self.show(event, output))?;
            after = page.next_after;
            if page.complete || page.events.is_empty() {
                return Ok(page.complete);
            }
        }
    }

    fn show(&self, entry: &EventView, output: &Output) -> Result<(), Failure> {
        if self.stream.is_some_and(|wanted| !is_of(entry, wanted.into())) {
            return Ok(());
        }
        if output.json {
            return output.value(entry);
        }
        let line =
            if self.raw { event::printed(entry).map(str::to_owned) } else { event::line(entry) };
        line.map_or(Ok(()), |line| output.line(line))
    }
}

fn is_of(event: &EventView, wanted: LogStream) -> bool {
    matches!(event.detail, EventDetail::Log { stream, .. } if stream == wanted)
}
