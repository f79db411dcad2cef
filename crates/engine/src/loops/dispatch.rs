//! Ready jobs to launched workers.

use std::{collections::HashSet, time::Duration};

use agent_runner_domain::{
    JobId,
    job::{Job, JobEvent, JobState, LaunchFailure},
    mutant::{self, Mutant},
    ports::{CommitError, LaunchKey, LaunchOrder, Receipt, StoreError},
};

use crate::{Engine, EngineError};

/// Jobs claimed in one pass.
const BATCH_MAX: usize = 64;

/// One pass: as many ready jobs as there are free slots. Waits up to `wait` for a slot and again for a job.
/// Returns how many were claimed.
///
/// # Errors
/// The queue's or the store's; messages come again.
pub async fn run_once(engine: &Engine, wait: Duration) -> Result<usize, EngineError> {
    let receipts = receive(engine, wait).await?;
    launch_received(engine, receipts).await
}

/// The first half of a pass, which may be dropped while it waits.
///
/// # Errors
/// The queue's.
pub async fn receive(engine: &Engine, wait: Duration) -> Result<Vec<Receipt>, EngineError> {
    let slots = engine.ports.launcher.free_slots(wait).await.min(BATCH_MAX);
    if slots == 0 {
        return Ok(Vec::new());
    }
    Ok(engine.ports.queue.receive(slots, wait).await?)
}

/// The second half of a pass, which should not be cut off between the claim and the launch.
///
/// # Errors
/// The queue's or the store's; messages come again.
pub async fn launch_received(
    engine: &Engine,
    receipts: Vec<Receipt>,
) -> Result<usize, EngineError> {
    if receipts.is_empty() && !engine.lanes.has_launched() {
        return Ok(0);
    }
    let claims = match claim(engine, &receipts).await {
        Ok(claims) => claims,
        Err(error) => {
            engine.ports.queue.release(receipts).await?;
            return Err(error.into());
        }
    };
    let count = claims.jobs.len();
    launch(engine, claims.jobs).await;
    let missed = |it: &Receipt| {
        claims.missed.contains(&it.job) && !mutant::active(Mutant::MissedClaimForgotten)
    };
    let (missed, done) = receipts.into_iter().partition(missed);
    engine.ports.queue.ack(done).await?;
    engine.ports.queue.release(missed).await?;
    claims.error.map_or(Ok(count), |error| Err(error.into()))
}

/// What became of the jobs that the queue named.
#[derive(Default)]
struct Claims {
    jobs: Vec<Job>,
    /// Somebody else wrote to these at the same moment. That may have been a dependent's mark on a job that is as
    /// ready as before, so their messages are still good.
    missed: HashSet<JobId>,
    /// The last trouble of the store with one of them.
    error: Option<StoreError>,
}

/// The claim is stored before anything is launched, so two dispatchers never launch one job. With the claims go the
/// names of the launches of the pass before.
async fn claim(engine: &Engine, receipts: &[Receipt]) -> Result<Claims, StoreError> {
    let wishes = wishes(engine, receipts);
    let ids: Vec<_> = wishes.iter().map(|(id, _)| *id).collect();
    let now = engine.ports.clock.now();
    let found = engine.ports.store.load_many(&ids).await?;
    let mut claimed = Vec::new();
    let mut steps = Vec::new();
    for (seen, (_, event)) in found.into_iter().zip(wishes) {
        let claim = matches!(event, JobEvent::Claimed { .. });
        let Some(seen) = seen else { continue };
        if let Ok(Some(step)) = seen.value.apply(event, now) {
            claimed.push(claim.then(|| step.job.clone()));
            steps.push((seen.version, step, None));
        }
    }
    let stored = engine.commit(steps).await;
    let mut claims = Claims::default();
    for (job, stored) in claimed.into_iter().zip(stored) {
        let Some(job) = job else { continue };
        match stored {
            Ok(job) => claims.jobs.push(job),
            Err(_) if mutant::active(Mutant::LaunchWithoutClaim) => claims.jobs.push(job),
            Err(error) => {
                claims.missed.insert(job.id);
                if let CommitError::Store(error) = error {
                    claims.error = Some(error);
                }
            }
        }
    }
    Ok(claims)
}

fn wishes(engine: &Engine, receipts: &[Receipt]) -> Vec<(JobId, JobEvent)> {
    let mut known = HashSet::new();
    let terms = engine.ports.launcher.terms();
    let mut wishes = engine.lanes.take_launched();
    let received = receipts.iter().map(|receipt| receipt.job).filter(|id| known.insert(*id));
    wishes.extend(
        received.map(|id| (id, JobEvent::Claimed { lease: engine.ports.ids.lease(), terms })),
    );
    wishes
}

async fn launch(engine: &Engine, jobs: Vec<Job>) {
    let orders: Vec<_> = jobs.iter().filter_map(order).collect();
    if orders.is_empty() {
        return;
    }
    let answers = engine.ports.launcher.launch(orders.clone()).await;
    for (order, answer) in orders.into_iter().zip(answers) {
        let (id, lease) = (order.key.job, order.lease);
        match answer {
            Ok(None) => {}
            // A worker says its own name when it starts. Storing it sooner is of use only if this process ends
            // before that, so it waits for the next pass, when nearly all of them need not be stored any more.
            Ok(Some(launch)) => engine.lanes.launched(id, JobEvent::Launched { lease, launch }),
            Err(failure) => launch_failed(engine, &order, failure).await,
        }
    }
}

async fn launch_failed(engine: &Engine, order: &LaunchOrder, failure: LaunchFailure) {
    let (id, lease) = (order.key.job, order.lease);
    tracing::warn!(job.id = %id, reason = %failure.message, "A launch failed");
    if let Err(error) = engine.step(id, &JobEvent::LaunchFailed { lease, failure }).await {
        tracing::debug!(job.id = %id, %error, "A launch's answer came to nothing");
    }
}

fn order(job: &Job) -> Option<LaunchOrder> {
    let JobState::Launching { attempt, lease, .. } = job.state else {
        return None;
    };
    let key = LaunchKey { job: job.id, attempt };
    let (job_type, resources) = (job.spec.job_type.clone(), job.spec.resources);
    Some(LaunchOrder { key, lease, job_type, resources })
}
