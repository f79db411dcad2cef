//! `docs/job-lifecycle.md` says how jobs move; this finds every move that there is and compares.

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    time::Duration,
};

use agent_runner_domain::{
    JobId, TenantId, Timestamp,
    job::{Job, JobEvent, JobSpec, JobState, Status},
};

use crate::happenings::Happening;

const PAGE: &str = include_str!("../../../../docs/job-lifecycle.md");

/// From, by, to.
type Move = (String, String, String);

#[test]
fn the_page_shows_every_move_and_no_other() {
    let (page, found) = (moves_of_the_page(), moves_of_the_machine());
    let missing: Vec<_> = found.difference(&page).collect();
    let wrong: Vec<_> = page.difference(&found).collect();
    assert!(missing.is_empty(), "docs/job-lifecycle.md does not show {missing:#?}");
    assert!(wrong.is_empty(), "docs/job-lifecycle.md shows what never happens: {wrong:#?}");
}

/// Rows such as `| QUEUED | Claimed | LAUNCHING | … |`.
fn moves_of_the_page() -> BTreeSet<Move> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with("Every move"));
    let rows = section.expect("the page has this section").lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(|cell| cell.trim().replace('`', ""));
        let (from, by, to) = (cells.next()?, cells.next()?, cells.next()?);
        Some((from.parse::<Status>().ok()?, by, to))
    });
    rows.flat_map(|(from, by, to)| {
        let every = move |to: &str| (from.to_string(), by.clone(), to.trim().to_owned());
        to.split(',').map(every).collect::<Vec<_>>()
    })
    .collect()
}

fn moves_of_the_machine() -> BTreeSet<Move> {
    let mut moves = BTreeSet::new();
    let mut known = HashSet::new();
    let mut open: VecDeque<_> = beginnings().into();
    while let Some((job, now)) = open.pop_front() {
        if !known.insert(sketch(&job, now)) {
            continue;
        }
        for pause in [0, 1_000, 20_000, 40_000, 100_000, 50_000_000] {
            let at = now.plus(Duration::from_millis(pause));
            for happening in Happening::all() {
                let event = happening.of(&job, known.len() as u128 + 100);
                let by = name(&event);
                let Ok(Some(step)) = job.apply(event, at) else { continue };
                if step.job.status() != job.status() {
                    let (from, to) = (job.status().to_string(), step.job.status().to_string());
                    moves.insert((from, by, to));
                }
                open.push_back((step.job, at));
            }
        }
    }
    moves
}

fn beginnings() -> Vec<(Job, Timestamp)> {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let accepted = |depends_on| {
        let spec = JobSpec {
            max_attempts: 2,
            max_infrastructure_attempts: 2,
            depends_on,
            ..JobSpec::of_type("echo")
        };
        let tenant = TenantId::default_tenant();
        (Job::accepted(JobId::from_u128(2), tenant, spec, now, now), now)
    };
    vec![accepted(Vec::new()), accepted(vec![JobId::from_u128(1)])]
}

/// What decides how a job can go on; jobs that are alike in it are explored once.
fn sketch(job: &Job, now: Timestamp) -> String {
    let due = job.wake_at().map(|at| at <= now);
    let (counts, suspected) = (
        (job.user_failures, job.infrastructure_failures, job.rank().is_some()),
        matches!(job.state, JobState::Running { suspected: true, .. }),
    );
    let depends = !job.spec.depends_on.is_empty();
    let waits_for = match &job.state {
        JobState::Blocked { waits_for, .. } => waits_for.len(),
        _ => 0,
    };
    let attempts = job.attempts.min(2);
    format!("{} {counts:?} {suspected} {due:?} {depends} {waits_for} {attempts}", job.status())
}

fn name(event: &JobEvent) -> String {
    let shown = format!("{event:?}");
    let end = shown.find(|c: char| !c.is_alphanumeric()).unwrap_or(shown.len());
    shown[..end].to_owned()
}
