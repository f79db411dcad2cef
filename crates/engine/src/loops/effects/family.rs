//! The descendants of a cancelled job.

use agent_runner_domain::{
    JobId,
    job::{Job, JobEvent, Status},
    mutant::{self, Mutant},
    ports::JobQuery,
};

use crate::{Engine, EngineError};

/// Children cancelled in one go.
const PAGE: usize = 100;

/// Cancels all that descend from the first `attempts` attempts of the job, or from jobs that users gave it. Who is cancelled sees to its own
/// children by the same effect; who has ended by itself is passed through, because its children go on without it.
pub(super) async fn cancel_descendants(
    engine: &Engine,
    id: JobId,
    end: u32,
    attempts: u32,
) -> Result<(), EngineError> {
    let mut ended = vec![(id, attempts)];
    while let Some((parent, attempts)) = ended.pop() {
        let mut query = JobQuery { parent: Some(parent), limit: PAGE, ..JobQuery::default() };
        loop {
            let page = engine.ports.store.list(&query).await?;
            for child in page.jobs.into_iter().filter(|it| it.spec.parent_attempt <= attempts) {
                ended.extend(cancel(engine, child, id).await?);
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
    }
    engine.step(id, &JobEvent::DescendantsCancelled { end }).await.map(drop)
}

/// The job and its attempts, if it had ended before and may have left others behind.
async fn cancel(
    engine: &Engine,
    job: Job,
    ancestor: JobId,
) -> Result<Option<(JobId, u32)>, EngineError> {
    let mut job = job;
    if !job.status().is_final() {
        match engine.step(job.id, &JobEvent::CancelledWith { ancestor }).await {
            Ok(cancelled) if cancelled.status() == Status::Cancelled => return Ok(None),
            // It has ended meanwhile.
            Ok(ended) => job = ended,
            Err(EngineError::JobNotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let passed_through = !mutant::active(Mutant::CancelStopsAtTheEnded);
    Ok(passed_through.then_some((job.id, job.attempts)))
}
