//! `agent-runner logs`

use agent_runner_api_types::{EventDetail, EventView};
use agent_runner_client::api::Followed;
use agent_runner_domain::{JobId, event::LogStream};
use clap::{Args, ValueEnum};

use super::Context;
use crate::{
    exit::Exit,
    failure::Failure,
    output::{Output, log::Log},
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
    /// Only what was printed and what models wrote, just as it is.
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
            let mut log = Log::default();
            if self.follow && server.drives_jobs() {
                self.follow(server, &mut log, output).await?;
                output.end_line()?;
            } else {
                let complete = self.pages(server, &mut log, output).await?;
                output.end_line()?;
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

    async fn follow(
        &self,
        server: &mut Server<'_>,
        log: &mut Log,
        output: &Output,
    ) -> Result<(), Failure> {
        let mut events = server.client.follow(self.id, self.after);
        loop {
            match events.next().await? {
                Followed::Event(event) => self.show(&event, log, output)?,
                Followed::Lost { why, .. } => {
                    output.note(format!("{why}; trying again"));
                    if server.follow_owner().await? {
                        events = server.client.follow(self.id, events.seen());
                    }
                }
                Followed::End => return Ok(()),
            }
        }
    }

    /// Everything so far, and whether that is all.
    async fn pages(
        &self,
        server: &Server<'_>,
        log: &mut Log,
        output: &Output,
    ) -> Result<bool, Failure> {
        let mut after = self.after;
        loop {
            let page = server.client.events(self.id, after).await?;
            page.events.iter().try_for_each(|event| self.show(event, log, output))?;
            after = page.next_after;
            if page.complete || page.events.is_empty() {
                return Ok(page.complete);
            }
        }
    }

    fn show(&self, entry: &EventView, log: &mut Log, output: &Output) -> Result<(), Failure> {
        if self.stream.is_some_and(|wanted| !is_of(entry, wanted.into())) {
            return Ok(());
        }
        match &entry.detail {
            _ if output.json => output.value(entry),
            EventDetail::Log { line, .. } if self.raw => output.line(line),
            EventDetail::Text { text } if self.raw => output.text(text),
            _ if self.raw => Ok(()),
            _ => log.show(entry, output),
        }
    }
}

fn is_of(event: &EventView, wanted: LogStream) -> bool {
    matches!(event.detail, EventDetail::Log { stream, .. } if stream == wanted)
}
