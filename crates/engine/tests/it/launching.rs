//! From the queue to a worker, and what a new orchestrator takes over.

use std::time::Duration;

use agent_runner_domain::{job::Status, ports::WorkerLink};
use agent_runner_engine::{loops::orphans, runner};

use crate::world::{World, draft};

#[tokio::test]
async fn a_message_that_comes_twice_launches_once() {
    let world = World::new();
    let id = world.submit(draft()).await;
    let job = world.job(id).await;
    let message = agent_runner_domain::ports::QueueMessage {
        job: id,
        rank: job.rank().unwrap(),
        tenant: job.tenant,
    };
    world.engine.ports.queue.send(vec![message]).await.unwrap();
    world.settle().await;
    assert_eq!(world.launches.notes().launched.len(), 1);
    assert_eq!(world.queue.depth(), (0, 0));
}

#[tokio::test]
async fn a_silent_launch_is_tried_again_at_nobodys_cost_but_the_infrastructures() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    world.advance(Duration::from_secs(15)).await;
    let job = world.job(id).await;
    assert_eq!((job.status(), job.user_failures), (Status::Queued, 0));
    assert_eq!(job.infrastructure_failures, 1);
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(world.launches.notes().launched.len(), 2);
}

#[tokio::test]
async fn a_new_orchestrator_adopts_what_runs_and_what_is_about_to() {
    let world = World::new();
    let (starting, running) = (world.submit(draft()).await, world.submit(draft()).await);
    world.settle().await;
    world.worker(running).await.start(None).await.unwrap();
    runner::adopt(&world.engine).await.unwrap();
    let adopted: Vec<_> = world.launches.notes().adopted.iter().map(|it| it.key.job).collect();
    assert_eq!(adopted, [starting, running]);
}

#[tokio::test]
async fn a_launch_that_nobody_waits_for_is_stopped_after_its_grace() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    world.jobs().cancel(&world.tenant, id).await.unwrap();
    // The order to stop was lost with the orchestrator; nobody has swept yet.
    assert_eq!(orphans::run_once(&world.engine).await.unwrap(), 0);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(orphans::run_once(&world.engine).await.unwrap(), 1);
    assert_eq!(world.launches.notes().stopped.len(), 1);
}
