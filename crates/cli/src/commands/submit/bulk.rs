//! `submit --bulk`: a file of jobs, portion by portion.

use agent_runner_api_types::BulkLine;
use agent_runner_domain::JobId;
use console::style;
use indicatif::ProgressBar;

use super::lines::{Lines, Portion};
use crate::{
    exit::Exit,
    failure::Failure,
    output::Output,
    server::{self, Server},
    waiting::{self, many},
};

pub(super) struct Bulk<'a> {
    pub(super) lines: Lines,
    pub(super) wait: bool,
    pub(super) key: Option<&'a str>,
    pub(super) output: &'a Output,
}

#[derive(Default)]
struct Tally {
    accepted: Vec<JobId>,
    refused: usize,
}

impl Bulk<'_> {
    pub(super) async fn run(mut self, server: &Server<'_>) -> Result<Exit, Failure> {
        let moving = self.output.moving(waiting::spinner());
        let mut tally = Tally::default();
        let handed_in = self.hand_in(server, &moving, &mut tally).await;
        moving.finish_and_clear();
        let Tally { accepted, refused } = &tally;
        self.output.note(format!("{} accepted, {refused} refused", accepted.len()));
        handed_in?;
        let exit = if *refused == 0 { Exit::Success } else { Exit::Refused };
        if self.wait {
            let ends = many::wait(&server.client, accepted, self.output, |_| Ok(())).await?;
            self.output.note(format!("{} of {} succeeded", ends.succeeded, ends.all));
            return Ok(exit.and(ends.exit));
        }
        if server.is_embedded() && !accepted.is_empty() {
            self.output.note("they are kept, and run when a server does: agent-runner serve");
        }
        Ok(exit)
    }

    async fn hand_in(
        &mut self,
        server: &Server<'_>,
        moving: &ProgressBar,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        while let Some(Portion { text, numbers }) = self.lines.portion()? {
            let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
            // Portions of the same file are cut at the same lines, so the same key finds the same jobs.
            let key = self.key.map(|key| format!("{key}@{first}"));
            let answer = server.client.submit_bulk(text, key.as_deref()).await;
            let answer = answer.map_err(|error| {
                Failure::from(error).detail(format!("lines {first} to {last} were not answered"))
            })?;
            for (line, number) in answer.lines.into_iter().zip(numbers) {
                self.answered(&BulkLine { line: number, ..line }, tally)?;
            }
            moving.set_message(format!("{} handed in", tally.accepted.len() + tally.refused));
        }
        Ok(())
    }

    fn answered(&self, line: &BulkLine, tally: &mut Tally) -> Result<(), Failure> {
        match (&line.job, &line.problem) {
            (Some(job), _) => {
                tally.accepted.push(job.job_id);
                if !self.output.json {
                    self.output.line(job.job_id.to_string())?;
                }
            }
            (None, problem) => {
                tally.refused += 1;
                let label = style(format!("line {}:", line.line)).for_stderr().red();
                let why = problem.as_ref().map(|problem| server::of_problem(problem).to_string());
                self.output.note(format!("{label} {}", why.unwrap_or_default()));
            }
        }
        if self.output.json { self.output.value(line) } else { Ok(()) }
    }
}
