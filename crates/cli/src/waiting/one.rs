//! One job: its text and its log are shown as they are written, and Ctrl-C cancels it.

use agent_runner_api_types::{EventDetail, EventView, JobView};
use agent_runner_client::api::Followed;
use agent_runner_domain::{JobId, event::StepStatus, job::Status};
use console::style;
use indicatif::ProgressBar;
use serde_json::Value;

use super::{speech::Speech, spinner};
use crate::{
    exit::Exit,
    failure::Failure,
    interrupt,
    output::{Output, cost, event, job},
    server::Server,
};

/// How the cause of a job begins that lacks a provider's key, and what else can be done then.
const KEYLESS: &str = "no key for ";
const WITHOUT_KEY: &str = "Or try it without a key: with --demo a simulator plays the models.";

/// Waits for the job's end and says with what code to exit. What a model writes is printed as it comes, and the
/// result only where there is no such text, or a program reads.
pub(crate) async fn to_result(
    server: &mut Server<'_>,
    id: JobId,
    output: &Output,
) -> Result<Exit, Failure> {
    let mut watch = Watch::new(id, output);
    let job = watch.until_end(server).await?;
    if job.status == Status::Succeeded {
        let result = server.ask(async |client| client.result(id).await).await?;
        if output.json || !watch.speech.conclude(&result, output)? {
            output.raw(&result)?;
        }
        let result = serde_json::from_str(result.get()).unwrap_or_default();
        tell_notice(&result, output);
        tell_cost(&job, is_of_demo(&result), output);
        return Ok(Exit::Success);
    }
    output.end_line()?;
    tell_end(server, &job, output).await?;
    tell_cost(&job, false, output);
    if watch.interrupted && job.status == Status::Cancelled {
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::of(job.status))
}

/// Somebody who looks on.
struct Watch<'a> {
    id: JobId,
    output: &'a Output,
    moving: ProgressBar,
    speech: Speech,
    /// Ctrl-C was pressed.
    interrupted: bool,
}

impl<'a> Watch<'a> {
    fn new(id: JobId, output: &'a Output) -> Self {
        let moving = output.moving(spinner());
        moving.set_message(id.to_string());
        Self { id, output, moving, speech: Speech::default(), interrupted: false }
    }

    /// The job as it is at its end.
    async fn until_end(&mut self, server: &mut Server<'_>) -> Result<JobView, Failure> {
        let id = self.id;
        let mut events = server.client.follow(id, 0);
        let ctrl_c = interrupt::first();
        tokio::pin!(ctrl_c);
        loop {
            let followed = tokio::select! {
                followed = events.next() => followed?,
                () = &mut ctrl_c, if !self.interrupted => {
                    self.interrupted = true;
                    self.output.note(format!("cancelling {id}; Ctrl-C again leaves at once"));
                    cancel(server, id).await?;
                    continue;
                }
            };
            match followed {
                Followed::Event(event) => self.show(&event)?,
                Followed::Lost { why, .. } => {
                    self.output.tell(format!("{why}; trying again"));
                    if server.follow_owner().await? {
                        events = server.client.follow(id, events.seen());
                    }
                }
                Followed::End => break,
            }
        }
        self.moving.finish_and_clear();
        server.ask(async |client| client.job(id).await).await
    }

    fn show(&mut self, entry: &EventView) -> Result<(), Failure> {
        let (id, output) = (self.id, self.output);
        match &entry.detail {
            EventDetail::Text { text } if !output.json => {
                // Nothing can move below a line that is not finished.
                self.moving.finish_and_clear();
                return self.speech.hear(entry.attempt, text, output);
            }
            EventDetail::Text { .. } => return Ok(()),
            EventDetail::State { status, .. } => {
                self.moving.set_message(format!("{id} {}", job::status(*status)));
                if output.shows_progress() {
                    return Ok(());
                }
            }
            // It may say again what it has begun to say, so even those have to know who want to know little.
            EventDetail::Step { status: StepStatus::Failed, .. } => {
                output.end_line()?;
                if let Some(line) = event::line(entry) {
                    output.note(line);
                }
                return Ok(());
            }
            // What another call says begins on a line of its own.
            EventDetail::Usage { usage, .. } => {
                self.speech.end_call(usage);
                output.end_line()?;
            }
            EventDetail::Progress { message, .. } => {
                self.moving.set_message(format!("{id} {}", event::printable(message)));
            }
            _ => {}
        }
        if let Some(line) = event::line(entry) {
            output.tell(line);
        }
        Ok(())
    }
}

/// A job that has ended meanwhile is as good as cancelled.
async fn cancel(server: &mut Server<'_>, id: JobId) -> Result<(), Failure> {
    let Err(refused) = server.ask(async |client| client.cancel(id).await).await else {
        return Ok(());
    };
    let job = server.ask(async |client| client.job(id).await).await?;
    if job.status.is_final() { Ok(()) } else { Err(refused) }
}

/// The last line, where models were asked.
fn tell_cost(job: &JobView, demo: bool, output: &Output) {
    let bill = cost::bill(job);
    if !bill.is_empty() {
        let demo = if demo { " · demo: nobody was asked, and nothing is paid" } else { "" };
        output.note(style(bill + demo).for_stderr().dim().to_string());
    }
}

/// What is wrong with the text that was printed: it was cut off, or refused. The result itself says so, too.
fn tell_notice(result: &Value, output: &Output) {
    if let Some(notice) = result["notice"].as_str().filter(|_| !output.json) {
        let label = style("note:").for_stderr().yellow().bold();
        output.note(format!("{label} {}", event::printable(notice)));
    }
}

/// Whether a simulator played the models.
fn is_of_demo(result: &Value) -> bool {
    result["demo"] == true
}

/// Says why there is no result.
async fn tell_end(server: &mut Server<'_>, job: &JobView, output: &Output) -> Result<(), Failure> {
    let explanation = server.ask(async |client| client.explain(job.job_id).await).await?;
    let summary = event::printable(&explanation.summary);
    let mut failure = Failure::new(Exit::of(job.status), format!("{}: {summary}", job.job_id));
    if let Some(tail) = job.cause.as_ref().and_then(|cause| cause.evidence.stderr_tail.as_ref()) {
        for line in tail.lines() {
            failure = failure.detail(event::printable(line));
        }
    }
    if let Some(fix) = explanation.fix {
        let keyless = job.cause.as_ref().is_some_and(|cause| cause.message.contains(KEYLESS));
        let fix = if keyless { fix + " " + WITHOUT_KEY } else { fix };
        failure = failure.fix(event::printable(&fix));
    }
    output.complain(&failure);
    Ok(())
}
