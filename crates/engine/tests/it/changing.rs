//! Cancel, retry, and moving in line.

use std::time::Duration;

use agent_runner_domain::job::{CauseKind, Failure, JobEvent, Priority, Refused, Status, Verdict};
use agent_runner_engine::EngineError;

use crate::world::{World, draft, draft_with};

fn passing() -> Verdict {
    Verdict::Failed(Failure::passing(CauseKind::HandlerError, "bad luck"))
}

#[tokio::test]
async fn a_cancelled_job_is_final_at_once_and_its_launch_is_stopped() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    let job = world.jobs().cancel(&world.tenant, id).await.unwrap();
    assert_eq!(job.status(), Status::Cancelled);
    world.settle().await;
    let launched = world.launches.notes().launched.clone();
    assert_eq!(world.launches.notes().stopped, launched);
    assert!(world.job(id).await.chores.stops.is_empty());
    let again = world.jobs().cancel(&world.tenant, id).await.unwrap();
    assert_eq!(again.ends, 1);
}

#[tokio::test]
async fn a_success_cannot_be_cancelled_or_retried() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    world.run(id, Verdict::Succeeded).await;
    let cancelled = world.jobs().cancel(&world.tenant, id).await;
    assert!(matches!(cancelled, Err(EngineError::Refused(Refused::Final(Status::Succeeded)))));
    let retried = world.jobs().retry(&world.tenant, id).await;
    assert!(matches!(retried, Err(EngineError::Refused(Refused::Succeeded))));
}

#[tokio::test]
async fn attempts_run_out_and_a_retry_counts_anew() {
    let world = World::new();
    let id = world.submit(draft_with(|spec| spec.max_attempts = 2)).await;
    world.settle().await;
    world.run(id, passing()).await;
    assert_eq!(world.status(id).await, Status::Queued);
    world.advance(Duration::from_mins(1)).await;
    world.run(id, passing()).await;
    let failed = world.job(id).await;
    assert_eq!((failed.status(), failed.user_failures), (Status::Failed, 2));
    let retried = world.jobs().retry(&world.tenant, id).await.unwrap();
    assert_eq!((retried.status(), retried.user_failures), (Status::Queued, 0));
    world.settle().await;
    world.run(id, Verdict::Succeeded).await;
    let done = world.job(id).await;
    assert_eq!((done.status(), done.attempts), (Status::Succeeded, 3));
}

#[tokio::test]
async fn a_job_under_way_cannot_be_retried_or_moved() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    let retried = world.jobs().retry(&world.tenant, id).await;
    assert!(matches!(retried, Err(EngineError::Refused(Refused::NotFinal(_)))));
    let moved = world.jobs().set_priority(&world.tenant, id, Priority::HIGH).await;
    assert!(matches!(moved, Err(EngineError::Refused(Refused::NotInLine(_)))));
}

#[tokio::test]
async fn who_is_moved_up_goes_first() {
    let world = World::new();
    world.launches.notes().slots = Some(1);
    let first = world.submit(draft()).await;
    let second = world.submit(draft()).await;
    world.jobs().set_priority(&world.tenant, second, Priority::HIGH).await.unwrap();
    world.settle().await;
    let order: Vec<_> = world.launches.notes().launched.iter().map(|key| key.job).collect();
    assert_eq!(order, [second, first]);
}

#[tokio::test]
async fn who_has_waited_long_goes_before_a_higher_priority() {
    let world = World::new();
    world.launches.notes().slots = Some(0);
    let old = world.submit(draft_with(|spec| spec.priority = Priority::LOW)).await;
    world.advance(Priority::STEP * 7).await;
    let new = world.submit(draft_with(|spec| spec.priority = Priority::HIGH)).await;
    world.launches.notes().slots = Some(1);
    world.settle().await;
    let order: Vec<_> = world.launches.notes().launched.iter().map(|key| key.job).collect();
    assert_eq!(order, [old, new]);
}

#[tokio::test]
async fn a_delayed_job_waits_for_its_time() {
    let world = World::new();
    let mut later = draft();
    let delay = Duration::from_mins(10);
    later.not_before = Some(world.engine.ports.clock.now().plus(delay));
    let id = world.submit(later).await;
    world.advance(delay / 2).await;
    assert!(
        world
            .job(id)
            .await
            .apply(JobEvent::Woken, world.engine.ports.clock.now())
            .unwrap()
            .is_none()
    );
    assert_eq!(world.status(id).await, Status::Queued);
    world.advance(delay / 2).await;
    assert_eq!(world.status(id).await, Status::Launching);
}
