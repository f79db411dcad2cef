//! What follows from stored steps, except queue messages and callbacks.

mod family;

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    job::{DependencyView, Effect, JobEvent, JobState, LaunchRef, LaunchView, Status},
    mutant::{self, Mutant},
    ports::LaunchKey,
};

use crate::{Engine, EngineError};

/// Dependents told in one go.
const PAGE: usize = 100;
/// Children looked at in one go. A parent is looked at whenever one of them ends, so most looks must be short.
const CHILDREN_PAGE: usize = 32;

/// Carries out one effect, if one waits. Says whether there was one.
///
/// # Errors
/// A port's; the job's `wake_at` brings the effect back.
pub async fn run_once(engine: &Engine) -> Result<bool, EngineError> {
    let Some((id, effect)) = engine.lanes.effects.pop() else {
        return Ok(false);
    };
    match effect {
        Effect::Observe { attempt, launch } => observe(engine, id, attempt, launch).await?,
        Effect::CheckDependencies => check_dependencies(engine, id).await?,
        Effect::TellParent { parent } => check_dependencies(engine, parent).await?,
        Effect::ReleaseDependents { end } => release_dependents(engine, id, end).await?,
        Effect::CancelDescendants { end, attempts } => {
            family::cancel_descendants(engine, id, end, attempts).await?;
        }
        Effect::Stop { attempt, launch, grace_ms } => {
            let grace = Duration::from_millis(grace_ms);
            stop(engine, LaunchKey { job: id, attempt }, launch.as_ref(), grace).await?;
        }
        Effect::Enqueue | Effect::CallBack { .. } => unreachable!("these have lanes of their own"),
    }
    Ok(true)
}

/// Waits until there may be an effect to carry out.
pub async fn arrival(engine: &Engine) {
    engine.lanes.effects.arrival().await;
}

async fn observe(
    engine: &Engine,
    id: JobId,
    attempt: u32,
    launch: Option<LaunchRef>,
) -> Result<(), EngineError> {
    let key = LaunchKey { job: id, attempt };
    let views = engine.ports.launcher.observe(&[(key, launch)]).await;
    let mut views = views.map_err(|error| EngineError::Unavailable(error.to_string()))?;
    let view = views.pop().unwrap_or(LaunchView::Unknown);
    engine.step(id, &JobEvent::Observed { attempt, view }).await.map(drop)
}

async fn check_dependencies(engine: &Engine, id: JobId) -> Result<(), EngineError> {
    let Some(found) = engine.ports.store.load(id).await? else {
        return Ok(());
    };
    let JobState::Blocked { waits_for, .. } = found.value.state else {
        return Ok(());
    };
    if !waits_for.is_empty() {
        return check_children(engine, id, waits_for).await;
    }
    let view = dependency_view(engine, &found.value.spec.depends_on).await?;
    engine.step(id, &JobEvent::DependenciesSeen(view)).await.map(drop)
}

/// Those that were started last are looked at first: they are the likeliest to be under way.
async fn check_children(engine: &Engine, id: JobId, on: Vec<JobId>) -> Result<(), EngineError> {
    for page in on.rchunks(CHILDREN_PAGE) {
        let found = engine.ports.store.load_many(page).await?;
        // A child that retention has removed has ended long ago.
        let open = found.into_iter().flatten().any(|found| !found.value.status().is_final());
        if open && !mutant::active(Mutant::OpenChildReleases) {
            return Ok(());
        }
    }
    engine.step(id, &JobEvent::ChildrenEnded { on }).await.map(drop)
}

async fn dependency_view(engine: &Engine, ids: &[JobId]) -> Result<DependencyView, EngineError> {
    let mut view = DependencyView::AllSucceeded;
    for (id, found) in ids.iter().zip(engine.ports.store.load_many(ids).await?) {
        // A dependency that retention has removed cannot succeed any more.
        let status = found.map_or(Status::Failed, |found| found.value.status());
        match status {
            Status::Succeeded => {}
            _ if mutant::active(Mutant::OpenDependencyReleases) => {}
            status if status.is_final() => return Ok(DependencyView::Failed { on: *id, status }),
            _ => view = DependencyView::Waiting,
        }
    }
    Ok(view)
}

async fn release_dependents(engine: &Engine, id: JobId, end: u32) -> Result<(), EngineError> {
    let mut after = None;
    loop {
        let page = engine.ports.store.dependents(id, after, PAGE).await?;
        for dependent in &page {
            check_dependencies(engine, *dependent).await?;
        }
        after = page.last().copied();
        if page.len() < PAGE {
            break;
        }
    }
    engine.step(id, &JobEvent::DependentsReleased { end }).await.map(drop)
}

async fn stop(
    engine: &Engine,
    key: LaunchKey,
    launch: Option<&LaunchRef>,
    grace: Duration,
) -> Result<(), EngineError> {
    let view = engine.ports.launcher.stop(key, launch, grace).await;
    let view = view.map_err(|error| EngineError::Unavailable(error.to_string()))?;
    if matches!(view, LaunchView::Gone(_)) {
        engine.step(key.job, &JobEvent::StopConfirmed { attempt: key.attempt }).await?;
    }
    Ok(())
}
