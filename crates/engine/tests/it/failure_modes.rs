//! What users of other runners on ECS have met (`docs/failure-modes.md`), where the engine is what answers it.

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    job::{CauseKind, Evidence, Exit, JobEvent, LaunchView, PaidBy, Status, Verdict},
    ports::{Clock, Ended, LaunchKey, WorkQueue, WorkerLink},
};
use agent_runner_engine::loops::{endings, orphans};

use crate::world::{World, draft};

async fn launched(world: &World) -> JobId {
    let id = world.submit(draft()).await;
    world.settle().await;
    id
}

async fn ends(world: &World, id: JobId, exit: Exit) {
    let key = LaunchKey { job: id, attempt: world.job(id).await.attempts };
    endings::take_in(&world.engine, vec![Ended { key, exit }]).await.unwrap();
}

fn exit_code(code: i32) -> Exit {
    let evidence = Evidence { exit_code: Some(code), ..Evidence::default() };
    Exit { evidence, ..Exit::default() }
}

#[tokio::test]
async fn failure_mode_05_an_accepted_launch_that_never_starts_is_launched_again() {
    let world = World::new();
    let id = launched(&world).await;
    assert_eq!(world.status(id).await, Status::Launching, "accepted is not running");
    world.advance(Duration::from_mins(10)).await;
    world.advance(Duration::from_mins(1)).await;
    let job = world.job(id).await;
    assert!(world.launches.notes().launched.len() >= 2);
    assert_eq!((job.user_failures, job.status()), (0, Status::Launching));
    assert!(!world.launches.notes().stopped.is_empty(), "the first one may have started after all");
}

#[tokio::test]
async fn failure_mode_07_exit_code_zero_without_a_result_is_a_lost_worker() {
    let world = World::new();
    let id = launched(&world).await;
    world.running(id).await;
    ends(&world, id, exit_code(0)).await;
    let job = world.job(id).await;
    let cause = job.cause.unwrap();
    assert_eq!((cause.kind, cause.paid_by), (CauseKind::WorkerLost, PaidBy::Infrastructure));
    assert_ne!(job.state.status(), Status::Succeeded);
}

#[tokio::test]
async fn failure_mode_09_a_launch_that_can_never_work_ends_its_job_with_the_reason() {
    let world = World::new();
    let id = launched(&world).await;
    let reason = Some("CannotPullContainerError: worker:9: not found".to_owned());
    ends(&world, id, Exit { lasting: true, reason, ..Exit::default() }).await;
    let job = world.job(id).await;
    let cause = job.cause.clone().unwrap();
    assert_eq!((job.status(), cause.kind), (Status::Failed, CauseKind::LaunchFailed));
    assert!(cause.message.ends_with("worker:9: not found"), "{}", cause.message);
    assert_eq!(world.launches.notes().launched.len(), 1, "nothing is paid for again");
}

#[tokio::test]
async fn failure_mode_13_the_message_is_gone_after_the_launch_however_long_the_job_runs() {
    let world = World::new();
    let id = launched(&world).await;
    world.running(id).await;
    assert_eq!(world.queue.depth(), (0, 0), "not even held");
    for _ in 0..20 {
        world.clock.advance(Duration::from_secs(9));
        world.worker(id).await.heartbeat().await.unwrap();
        world.clock.advance(<dyn WorkQueue>::HOLD);
        world.worker(id).await.heartbeat().await.unwrap();
        world.settle().await;
    }
    assert_eq!(world.launches.notes().launched.len(), 1);
    assert_eq!(world.status(id).await, Status::Running);
}

#[tokio::test]
async fn failure_mode_17_a_worker_that_was_eaten_is_out_of_memory_and_the_users() {
    let world = World::new();
    let id = launched(&world).await;
    world.running(id).await;
    ends(&world, id, Exit { out_of_memory: true, ..exit_code(137) }).await;
    let job = world.job(id).await;
    let cause = job.cause.unwrap();
    assert_eq!((cause.kind, cause.paid_by), (CauseKind::OutOfMemory, PaidBy::User));
    assert_eq!(job.user_failures, 1);
}

#[tokio::test]
async fn failure_mode_18_a_reclaimed_machine_costs_the_user_no_attempt() {
    let world = World::new();
    let id = launched(&world).await;
    world.running(id).await;
    ends(&world, id, Exit { interrupted: true, ..exit_code(143) }).await;
    let job = world.job(id).await;
    assert_eq!((job.user_failures, job.infrastructure_failures), (0, 1));
    assert_eq!(job.cause.unwrap().kind, CauseKind::Interrupted);
}

#[tokio::test]
async fn failure_mode_19_what_runs_on_after_its_deadline_or_its_job_is_stopped() {
    let world = World::new();
    let hanging = launched(&world).await;
    world.running(hanging).await;
    // It lives and says so, and does not end.
    let timeout = world.job(hanging).await.spec.timeout();
    let until = world.clock.now().plus(timeout + Duration::from_mins(1));
    while world.clock.now() < until && world.status(hanging).await == Status::Running {
        let _ = world.worker(hanging).await.heartbeat().await;
        world.advance(Duration::from_secs(10)).await;
    }
    assert_eq!(world.job(hanging).await.cause.unwrap().kind, CauseKind::Timeout);
    assert!(!world.launches.notes().stopped.is_empty());
    // Nobody knows this one's job.
    let orphan = LaunchKey { job: JobId::from_u128(99), attempt: 1 };
    let name = agent_runner_domain::job::LaunchRef("task 99".into());
    world.launches.notes().running.insert(orphan, name);
    orphans::run_once(&world.engine).await.unwrap();
    assert!(world.launches.notes().stopped.contains(&orphan));
}

#[tokio::test]
async fn failure_mode_21_one_missed_heartbeat_is_no_death() {
    let world = World::new();
    let id = launched(&world).await;
    world.running(id).await;
    world.advance(Duration::from_secs(25)).await;
    assert_eq!(world.status(id).await, Status::Running);
    // Three missed: it is looked for, and found.
    world.advance(Duration::from_secs(10)).await;
    assert_eq!(world.status(id).await, Status::Running, "silent, and its launch runs");
    world.worker(id).await.heartbeat().await.unwrap();
    // That it is not there is one sign; without silence it is not enough.
    let attempt = world.job(id).await.attempts;
    let gone = JobEvent::Observed { attempt, view: LaunchView::Gone(Exit::default()) };
    assert_eq!(world.job(id).await.apply(gone, world.clock.now()), Ok(None));
    world.run(id, Verdict::Succeeded).await;
    assert_eq!(world.status(id).await, Status::Succeeded);
}
