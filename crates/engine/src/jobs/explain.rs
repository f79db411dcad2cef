//! A job's situation in plain words.

use std::fmt::Write;

use agent_runner_domain::{
    JobId, TenantId, Timestamp,
    job::{AttemptEnd, Cause, CauseKind, Job, JobState, PaidBy, Status},
    ports::{DaySpend, JobCost, JobQuery},
};
use serde::Serialize;

use super::{DailyBudget, Jobs};
use crate::EngineError;

/// The newest children of an ended job that are looked at.
const CHILDREN_MAX: usize = 100;

/// What is going on and what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// One or two sentences.
    pub summary: String,
    /// What would help, if anything has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// What is known about how it came to this, oldest first.
    pub details: Vec<String>,
}

impl Jobs {
    /// # Errors
    /// As [`Jobs::get`].
    pub async fn explain(&self, tenant: &TenantId, id: JobId) -> Result<Explanation, EngineError> {
        let job = self.get(tenant, id).await?;
        let mut explanation = explain(&job, self.engine.ports.clock.now());
        if let JobState::Blocked { waits_for, .. } = &job.state {
            let on = if waits_for.is_empty() { &job.spec.depends_on } else { waits_for };
            explanation.details.extend(self.still_open(on).await?);
        }
        if job.status().is_final() {
            explanation.details.extend(self.left_behind(&job).await?);
        }
        if job.cause.as_ref().is_some_and(|cause| cause.kind == CauseKind::BudgetExceeded) {
            explanation.details.extend(self.budgets_of(&job).await?);
        }
        Ok(explanation)
    }

    async fn still_open(&self, on: &[JobId]) -> Result<Vec<String>, EngineError> {
        let found = self.engine.ports.store.load_many(on).await?;
        let open = found.into_iter().flatten().filter(|found| !found.value.status().is_final());
        Ok(open
            .map(|found| format!("waits for {} ({})", found.value.id, found.value.status()))
            .collect())
    }

    /// Children that are not over although the job is.
    async fn left_behind(&self, job: &Job) -> Result<Vec<String>, EngineError> {
        let (tenant, parent) = (Some(job.tenant.clone()), Some(job.id));
        let query = JobQuery { tenant, parent, limit: CHILDREN_MAX, ..JobQuery::default() };
        let children = self.engine.ports.store.list(&query).await?.jobs;
        let becomes = match job.chores.family {
            Some(_) => "is about to be cancelled with it",
            None => "goes on without it",
        };
        let open = children.iter().filter(|child| !child.status().is_final());
        Ok(open
            .map(|it| {
                let whose = match it.spec.parent_attempt {
                    0 => "which was given to it",
                    _ => "which it started",
                };
                format!("{} ({}), {whose}, {becomes}", it.id, it.status())
            })
            .collect())
    }

    /// How much is left of each budget that the job's calls count on.
    async fn budgets_of(&self, job: &Job) -> Result<Vec<String>, EngineError> {
        let mut details = Vec::new();
        let ancestors = self.engine.ports.store.load_many(&job.spec.ancestors).await?;
        let ancestors = ancestors.into_iter().flatten().map(|found| found.value);
        for Job { id, spec, .. } in ancestors.chain([job.clone()]) {
            let Some(budget) = spec.budget else { continue };
            for JobCost { spent, held, .. } in self.costs(&[id]).await? {
                details.push(format!(
                    "of the budget of {id} and all that belongs to it, {budget}, {spent} is spent and {held} held for calls that have not ended"
                ));
            }
        }
        let DailyBudget { tenant, limit, day, today } = self.daily_budget(&job.tenant).await?;
        if let Some(limit) = limit {
            let DaySpend { spent, held } = today;
            details.push(format!(
                "of the daily budget of tenant {tenant}, {limit}, {spent} is spent on {day} (UTC) and {held} held for calls that have not ended"
            ));
        }
        Ok(details)
    }
}

fn explain(job: &Job, now: Timestamp) -> Explanation {
    Explanation { summary: summary(job, now), fix: fix(job), details: details(job) }
}

fn summary(job: &Job, now: Timestamp) -> String {
    match &job.state {
        JobState::Blocked { waits_for, .. } if !waits_for.is_empty() => format!(
            "The job waits for {} of its child jobs; no worker is held meanwhile.",
            waits_for.len()
        ),
        JobState::Blocked { .. } => {
            let count = job.spec.depends_on.len();
            format!("The job waits for the {count} job(s) that it depends on.")
        }
        JobState::Queued { not_before, .. } if *not_before > now => match &job.cause {
            Some(cause) => format!(
                "Attempt {} failed ({}): {}. The next one may start at {not_before}.",
                job.attempts,
                cause.kind.as_str(),
                cause.message
            ),
            None => format!("The job may not start before {not_before}."),
        },
        JobState::Queued { .. } => {
            format!("The job is ready and stands in line with priority {}.", job.priority)
        }
        JobState::Launching { attempt, since, .. } => {
            format!(
                "A worker for attempt {attempt} was asked for at {since}; it has not reported yet."
            )
        }
        JobState::Running { attempt, started_at, heartbeat_at, .. } => format!(
            "Attempt {attempt} runs since {started_at}; its worker last spoke at {heartbeat_at}."
        ),
        JobState::Finished { .. } => final_summary(job),
    }
}

fn final_summary(job: &Job) -> String {
    match (&job.cause, job.status()) {
        (Some(cause), status) => {
            let kind = cause.kind.as_str();
            format!(
                "The job ended as {status} ({kind}) after {} attempt(s): {}.",
                job.attempts, cause.message
            )
        }
        (None, status) => format!("The job ended as {status} after {} attempt(s).", job.attempts),
    }
}

fn fix(job: &Job) -> Option<String> {
    let cause = job.cause.as_ref().filter(|_| job.status() != Status::Running)?;
    if let Some(at) = cause.retry_at.filter(|_| !job.status().is_final()) {
        return Some(format!("Nothing has to be done: it is tried again at {at}."));
    }
    let advice = match cause.kind {
        CauseKind::HandlerError => {
            "Read the job's log and the exit code, mend what the handler ran, then retry the job."
        }
        CauseKind::InvalidPayload => {
            "Correct what it names: a payload by submitting a new job; a setting of the server there, and then retry this one."
        }
        CauseKind::Timeout => {
            "Submit it with a longer timeout_seconds, or with less work in one job."
        }
        CauseKind::OutOfMemory => "Give the job more memory or less to do, then retry it.",
        CauseKind::WorkerLost => {
            "Look at the attempts for signals or exit codes; if the machine was killed or restarted, retry the job."
        }
        CauseKind::LaunchFailed => {
            "Look at the evidence: the worker program must exist and be executable; `agent-runner doctor` checks it."
        }
        CauseKind::Interrupted => {
            "The surroundings stopped the workers too often; retry the job when they are calm."
        }
        CauseKind::BudgetExceeded => {
            "Submit it again with a larger budget_usd or with less to do; if it was the tenant's daily budget, raise that or retry the job tomorrow."
        }
        CauseKind::DependencyFailed => {
            "Retry the job that failed first; when it has succeeded, retry this one."
        }
        CauseKind::ProviderError => {
            "Look at the provider's message; retry the job when the provider is well."
        }
        CauseKind::Cancelled if job.attempts > 0 => {
            "Retry the job if it should run after all; its child jobs were cancelled with it and need a retry of their own."
        }
        CauseKind::Cancelled => "Retry the job if it should run after all.",
    };
    Some(advice.to_owned())
}

fn details(job: &Job) -> Vec<String> {
    let mut details: Vec<_> = job
        .history
        .iter()
        .filter_map(|record| match &record.end {
            AttemptEnd::Failed(cause) => Some(format!(
                "attempt {} ended at {}: {}",
                record.number,
                record.ended_at,
                sentence(cause)
            )),
            AttemptEnd::NotLaunched(why) => Some(format!(
                "attempt {} was not launched at {}: {why}",
                record.number, record.ended_at
            )),
            AttemptEnd::Succeeded | AttemptEnd::Waited => None,
        })
        .collect();
    if job.user_failures + job.infrastructure_failures > 0 {
        details.push(format!(
            "{} of {} attempts of your own are used, {} of {} of the infrastructure's",
            job.user_failures,
            job.spec.max_attempts,
            job.infrastructure_failures,
            job.spec.max_infrastructure_attempts,
        ));
    }
    details
}

fn sentence(cause: &Cause) -> String {
    let payer = match cause.paid_by {
        PaidBy::User => "counts against max_attempts",
        PaidBy::Infrastructure => "costs you no attempt",
    };
    let mut text = format!("{}: {} ({payer})", cause.kind.as_str(), cause.message);
    if let Some(code) = cause.evidence.exit_code {
        let _ = write!(text, ", exit code {code}");
    }
    if let Some(signal) = cause.evidence.signal {
        let _ = write!(text, ", signal {signal}");
    }
    if let Some(stderr) = &cause.evidence.stderr_tail {
        let _ = write!(text, ", standard error ended with: {}", stderr.trim_end());
    }
    text
}
