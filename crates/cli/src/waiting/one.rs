//! One job: its log is shown as it is written, and Ctrl-C cancels it.

use agent_runner_api_types::{EventDetail, EventView, JobView};
use agent_runner_client::api::Followed;
use agent_runner_domain::{JobId, job::Status};

use super::spinner;
use crate::{
    exit::Exit,
    failure::Failure,
    interrupt,
    output::{Output, event, job},
    server::Server,
};

/// Waits for the job's end, prints its result, and says with what code to exit.
pub(crate) async fn to_result(
    server: &mut Server<'_>,
    id: JobId,
    output: &Output,
) -> Result<Exit, Failure> {
    let (job, interrupted) = follow(server, id, output).await?;
    if job.status == Status::Succeeded {
        output.raw(&server.ask(async |client| client.result(id).await).await?)?;
        return Ok(Exit::Success);
    }
    tell_end(server, &job, output).await?;
    if interrupted && job.status == Status::Cancelled {
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::of(job.status))
}

/// The job as it is at its end, and whether Ctrl-C was pressed.
async fn follow(
    server: &mut Server<'_>,
    id: JobId,
    output: &Output,
) -> Result<(JobView, bool), Failure> {
    let moving = output.moving(spinner());
    moving.set_message(id.to_string());
    let mut events = server.client.follow(id, 0);
    let mut interrupted = false;
    let ctrl_c = interrupt::first();
    tokio::pin!(ctrl_c);
    loop {
        let followed = tokio::select! {
            followed = events.next() => followed?,
            () = &mut ctrl_c, if !interrupted => {
                interrupted = true;
                output.note(format!("cancelling {id}; Ctrl-C again leaves at once"));
                cancel(server, id).await?;
                continue;
            }
        };
        match followed {
            Followed::Event(event) => show(&event, output, &moving, id),
            Followed::Lost { why, .. } => {
                output.tell(format!("{why}; trying again"));
                if server.follow_owner().await? {
                    events = server.client.follow(id, events.seen());
                }
            }
            Followed::End => break,
        }
    }
    moving.finish_and_clear();
    Ok((server.ask(async |client| client.job(id).await).await?, interrupted))
}

/// A job that has ended meanwhile is as good as cancelled.
async fn cancel(server: &mut Server<'_>, id: JobId) -> Result<(), Failure> {
    let Err(refused) = server.ask(async |client| client.cancel(id).await).await else {
        return Ok(());
    };
    let job = server.ask(async |client| client.job(id).await).await?;
    if job.status.is_final() { Ok(()) } else { Err(refused) }
}

fn show(event: &EventView, output: &Output, moving: &indicatif::ProgressBar, id: JobId) {
    match &event.detail {
        EventDetail::State { status, .. } => {
            moving.set_message(format!("{id} {}", job::status(*status)));
        }
        EventDetail::Progress { message, .. } => {
            moving.set_message(format!("{id} {}", event::printable(message)));
        }
        _ => {}
    }
    let state_is_shown =
        output.shows_progress() && matches!(event.detail, EventDetail::State { .. });
    if let Some(line) = event::line(event).filter(|_| !state_is_shown) {
        output.tell(line);
    }
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
        failure = failure.fix(event::printable(&fix));
    }
    output.complain(&failure);
    Ok(())
}
