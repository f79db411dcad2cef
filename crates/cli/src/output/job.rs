//! A job as a person reads it.

use agent_runner_api_types::{AttemptView, CauseView, JobView, ResourcesView};
use agent_runner_domain::{Timestamp, job::Status};
use console::{StyledObject, style};

use super::{cost, event::printable, money::dollars, table::Table};
use crate::clock::{length, now};

/// A status in the colour of its meaning.
pub(crate) fn status(status: Status) -> StyledObject<&'static str> {
    let text = style(status.as_str());
    match status {
        Status::Succeeded => text.green(),
        Status::Failed | Status::TimedOut => text.red(),
        Status::Cancelled => text.magenta(),
        Status::Running | Status::Launching => text.cyan(),
        Status::Blocked | Status::Queued => text.yellow(),
    }
}

/// Where costs stand, if they are shown.
const COST_COLUMN: usize = 7;

/// One line each.
pub(crate) fn table(jobs: &[JobView], with_cost: bool) -> Table {
    let mut names = vec!["JOB", "TYPE", "STATUS", "PRIORITY", "ATTEMPT", "AGE", "TOOK", "TAGS"];
    if with_cost {
        names.insert(COST_COLUMN, "COST");
    }
    let mut table = Table::new(&names);
    for job in jobs {
        let mut cells = vec![
            job.job_id.to_string(),
            printable(&job.job_type),
            status(job.status).to_string(),
            job.priority.to_string(),
            format!("{}/{}", job.attempt, job.max_attempts),
            length(now().since(job.created_at)),
            took(job).unwrap_or_default(),
            printable(&tags(job)),
        ];
        if with_cost {
            cells.insert(COST_COLUMN, cost::amount(&job.cost));
        }
        table.row(cells);
    }
    table
}

/// Everything, one fact a line.
pub(crate) fn details(job: &JobView) -> Vec<String> {
    let mut lines = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("{} {value}", style(format!("{name:<11}")).dim()));
        }
    };
    let depends_on: Vec<_> = job.depends_on.iter().map(ToString::to_string).collect();
    let waits_for: Vec<_> = job.waits_for.iter().map(ToString::to_string).collect();
    fact("job", Some(job.job_id.to_string()));
    fact("type", Some(printable(&job.job_type)));
    fact("status", Some(status(job.status).to_string()));
    fact("priority", Some(job.priority.to_string()));
    let used = format!("{} ({} of {} used)", job.attempt, job.attempts_used, job.max_attempts);
    fact("attempt", Some(used));
    fact("created", Some(moment(job.created_at)));
    fact("not before", job.not_before.map(|at| at.to_string()));
    fact("started", job.started_at.map(moment));
    fact("finished", job.finished_at.map(moment));
    fact("took", took(job));
    fact("cost", Some(cost::amount(&job.cost)));
    fact("budget", job.budget_usd.map(dollars));
    fact("machine", Some(machine(&job.resources)));
    fact("depends on", Some(depends_on.join(", ")));
    fact("waits for", Some(waits_for.join(", ")));
    fact("parent", job.parent.map(|parent| parent.to_string()));
    fact("tags", Some(printable(&tags(job))));
    fact("callback", job.callback_url.as_deref().map(printable));
    fact("cause", job.cause.as_ref().map(|cause| printable(&sentence(cause))));
    lines
}

/// What was asked for, in one line.
fn machine(wish: &ResourcesView) -> String {
    let spot = wish.spot.map(|spot| if spot { "spot" } else { "no spot" });
    let parts = [
        wish.cpu.map(|cpu| format!("{cpu} cpu")),
        wish.memory_mb.map(|memory| format!("{memory} MiB")),
        wish.architecture.map(|kind| kind.as_str().to_owned()),
        spot.map(str::to_owned),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn moment(at: Timestamp) -> String {
    format!("{at} ({} ago)", length(now().since(at)))
}

/// How long it ran, or has run until now.
pub(super) fn took(job: &JobView) -> Option<String> {
    let started = job.started_at?;
    let until = job.finished_at.or_else(|| (!job.status.is_final()).then(now))?;
    Some(length(until.since(started)))
}

fn tags(job: &JobView) -> String {
    let tags: Vec<_> = job.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    tags.join(" ")
}

/// Why it ended, or why the last attempt did.
pub(crate) fn sentence(cause: &CauseView) -> String {
    let again = cause.retry_at.map(|at| format!(" (again at {at})")).unwrap_or_default();
    format!("{}: {}{again}", cause.kind.as_str(), cause.message)
}

/// One try, in one line.
pub(crate) fn attempt(attempt: &AttemptView) -> String {
    let status = serde_json::to_string(&attempt.status).unwrap_or_default();
    let started = attempt.started_at.unwrap_or(attempt.launched_at);
    let took = attempt.ended_at.map(|ended| format!("  took {}", length(ended.since(started))));
    let why = attempt.cause.as_ref().map(sentence).or_else(|| attempt.message.clone());
    let why = why.map(|why| format!("  {}", printable(&why)));
    format!(
        "{:>3}  {started}  {:<12}{}{}",
        attempt.attempt,
        status.trim_matches('"'),
        took.unwrap_or_default(),
        why.unwrap_or_default()
    )
}
