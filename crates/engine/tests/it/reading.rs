//! Long polls, results and logs.

use std::time::Duration;

use agent_runner_domain::{
    event::{EventBody, LogStream, NewEvent},
    job::{Status, Verdict},
    ports::WorkerLink,
};
use agent_runner_engine::EngineError;

use crate::world::{World, draft};

const LONG: Duration = Duration::from_secs(25);

fn lines(world: &World, numbers: std::ops::Range<u32>) -> Vec<NewEvent> {
    let at = world.engine.ports.clock.now();
    let body = |n| EventBody::Log { stream: LogStream::Stdout, line: format!("line {n}") };
    numbers.map(|n| NewEvent { at, attempt: 1, body: body(n) }).collect()
}

#[tokio::test(start_paused = true)]
async fn who_waits_hears_of_the_end_at_once() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    let (jobs, tenant) = (world.jobs(), world.tenant.clone());
    let began = tokio::time::Instant::now();
    let waiting = tokio::spawn(async move { jobs.wait(&tenant, id, LONG).await });
    tokio::task::yield_now().await;
    world.run(id, Verdict::Succeeded).await;
    assert_eq!(waiting.await.unwrap().unwrap().status(), Status::Succeeded);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_another_orchestrator_stored_is_found_by_looking() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    let (jobs, tenant) = (world.jobs(), world.tenant.clone());
    let waiting = tokio::spawn(async move { jobs.wait(&tenant, id, LONG).await });
    tokio::task::yield_now().await;
    world.another_orchestrator().jobs().cancel(&world.tenant, id).await.unwrap();
    let began = tokio::time::Instant::now();
    assert_eq!(waiting.await.unwrap().unwrap().status(), Status::Cancelled);
    assert!(began.elapsed() <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn who_waits_in_vain_gets_the_job_as_it_is() {
    let world = World::new();
    let id = world.submit(draft()).await;
    let began = tokio::time::Instant::now();
    let job = world.jobs().wait(&world.tenant, id, LONG).await.unwrap();
    assert_eq!((job.status(), began.elapsed()), (Status::Queued, LONG));
}

#[tokio::test]
async fn a_result_exists_after_success_only() {
    let world = World::new();
    let (good, bad) = (world.submit(draft()).await, world.submit(draft()).await);
    let result = world.jobs().result(&world.tenant, good).await;
    assert!(matches!(result, Err(EngineError::NotFinished(Status::Queued))));
    world.settle().await;
    world.run(good, Verdict::Succeeded).await;
    world.fail(bad).await;
    let result = world.jobs().result(&world.tenant, good).await.unwrap();
    assert_eq!(result.get(), format!("{{\"of\":\"{good}\"}}"));
    let result = world.jobs().result(&world.tenant, bad).await;
    assert!(matches!(result, Err(EngineError::NoResult(Status::Failed))));
}

#[tokio::test]
async fn a_log_is_read_in_pages_until_it_is_complete() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    let worker = world.worker(id).await;
    worker.start(None).await.unwrap();
    worker.append(1, lines(&world, 0..5)).await.unwrap();
    worker.append(1, lines(&world, 0..5)).await.unwrap();
    world.run(id, Verdict::Succeeded).await;
    let (mut after, mut seqs) = (0, Vec::new());
    loop {
        let page = world.jobs().events(&world.tenant, id, after, 4, Duration::ZERO).await.unwrap();
        seqs.extend(page.events.iter().map(|event| event.seq));
        after = seqs.last().copied().unwrap_or(0);
        if page.complete {
            break;
        }
    }
    // Queued, launching, running, five lines and the end.
    assert_eq!(seqs, (1..=9).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn who_follows_a_log_hears_each_line_at_once() {
    let world = World::new();
    let id = world.submit(draft()).await;
    world.settle().await;
    let worker = world.worker(id).await;
    worker.start(None).await.unwrap();
    let (jobs, tenant) = (world.jobs(), world.tenant.clone());
    let began = tokio::time::Instant::now();
    let following = tokio::spawn(async move { jobs.events(&tenant, id, 3, 10, LONG).await });
    tokio::task::yield_now().await;
    worker.append(1, lines(&world, 0..1)).await.unwrap();
    let page = following.await.unwrap().unwrap();
    assert_eq!((page.events.len(), page.complete), (1, false));
    assert_eq!(began.elapsed(), Duration::ZERO);
}
