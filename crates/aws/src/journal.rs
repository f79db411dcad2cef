//! The lines by which an operator's metrics count: one for each thing that has become durable, written by whoever
//! made it so, orchestrator or worker.
//!
//! Writes are conditional, so each thing is told by one process only. A process that dies between the write and its
//! line tells nothing: metrics may lack something, the table never does. `docs/observability.md` describes the
//! lines, and the filters in `infra/terraform/metric-filters.json` read them: names are not changed lightly. They have
//! neither dots nor empty values, which such filters cannot read.

use agent_runner_domain::{
    Money, Timestamp,
    event::EventBody,
    job::{AttemptEnd, AttemptRecord, CauseKind, Job, JobState, Status, Step},
    ports::{CallKey, Charge},
};
use tracing::info;

/// Where a filter needs a word and there is nothing to say.
const NONE: &str = "none";

/// A job was stored that was not there before.
pub(crate) fn submitted(job: &Job) {
    let (tenant, job_type) = (job.tenant.as_str(), &job.spec.job_type);
    info!(event = "job_submitted", job_id = %job.id, tenant, job_type, "A job was accepted");
}

/// A step was stored.
pub(crate) fn stepped(Step { job, log, .. }: &Step) {
    for entry in log {
        let EventBody::State { status, .. } = entry.body else { continue };
        if let Some(attempt) = ended_at(job, entry.at) {
            attempt_ended(job, attempt);
        }
        match status {
            Status::Running => started(job),
            status if status.is_final() => ended(job, status, entry.at),
            _ => {}
        }
    }
}

/// A call was charged for the first time, or anew: the line has what that added.
pub(crate) fn settled(key: CallKey, charge: &Charge, before: Money) {
    let dollars = charge.cost.unwrap_or_default().dollars() - before.dollars();
    let (model, priced) = (&charge.model, charge.cost.is_some());
    let (job_id, tokens) = (key.job, charge.tokens);
    info!(
        event = "model_call_settled",
        %job_id,
        model,
        dollars,
        priced,
        input_tokens = tokens.input,
        output_tokens = tokens.output,
        "A model call was charged"
    );
}

/// The attempt that ended with this change of state, if one did.
fn ended_at(job: &Job, at: Timestamp) -> Option<&AttemptRecord> {
    let newest = job.history.last()?;
    (newest.number == job.attempts && newest.ended_at == at).then_some(newest)
}

fn started(job: &Job) {
    let JobState::Running { attempt, since, started_at, .. } = job.state else { return };
    let (job_type, launch_seconds) = (&job.spec.job_type, started_at.since(since).as_secs_f64());
    info!(event = "attempt_started", job_id = %job.id, job_type, attempt, launch_seconds, "An attempt runs");
}

fn attempt_ended(job: &Job, attempt: &AttemptRecord) {
    let (job_id, number) = (job.id, attempt.number);
    match &attempt.end {
        AttemptEnd::NotLaunched(detail) => {
            info!(event = "launch_failed", %job_id, attempt = number, reason = "no_room", detail, "There was no room to launch");
        }
        AttemptEnd::Failed(cause) => {
            let (kind, detail) = (cause.kind.as_str(), &cause.message);
            let stop_code = cause.evidence.stop_code.as_deref();
            if cause.kind == CauseKind::LaunchFailed {
                let reason = stop_code.unwrap_or("not_started");
                info!(event = "launch_failed", %job_id, attempt = number, reason, detail, "A launch failed");
            }
            let (again, stop_code) = (cause.retry_at.is_some(), stop_code.unwrap_or(NONE));
            info!(event = "attempt_failed", %job_id, attempt = number, cause = kind, again, stop_code, detail, "An attempt failed");
        }
        AttemptEnd::Succeeded | AttemptEnd::Waited => {}
    }
}

fn ended(job: &Job, status: Status, at: Timestamp) {
    let cause = job.cause.as_ref().map_or(NONE, |cause| cause.kind.as_str());
    info!(
        event = "job_ended",
        job_id = %job.id,
        tenant = job.tenant.as_str(),
        job_type = job.spec.job_type,
        status = status.as_str(),
        cause,
        attempts = job.attempts,
        seconds = at.since(job.created_at).as_secs_f64(),
        "A job ended"
    );
}

#[cfg(test)]
mod tests;
