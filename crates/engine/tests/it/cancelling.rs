//! A cancelled job takes with it all that it has started.

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    job::{CauseKind, Status, Verdict},
    ports::{Children, Clock, LinkError, WorkerLink},
};
use agent_runner_engine::{gateway::GatewayLink, jobs::Draft, loops::effects};

use crate::world::{World, bear, draft, draft_with, order};

/// A running job, and its worker's link.
async fn root(world: &World) -> (JobId, GatewayLink) {
    let id = world.submit(draft()).await;
    world.settle().await;
    (id, world.running(id).await)
}

/// Children with workers, which have begun.
async fn grown(world: &World, parent: &GatewayLink, keys: &[&str]) -> Vec<(JobId, GatewayLink)> {
    let children = bear(parent, keys).await;
    world.settle().await;
    let mut grown = Vec::new();
    for child in children {
        grown.push((child, world.running(child).await));
    }
    grown
}

async fn cancel(world: &World, id: JobId) {
    world.jobs().cancel(&world.tenant, id).await.unwrap();
}

async fn wait(worker: &GatewayLink, on: JobId) {
    let verdict = Verdict::Waiting { on: vec![on] };
    worker.finish(verdict, None, 1, Vec::new()).await.unwrap();
}

#[tokio::test]
async fn a_family_ends_with_its_head() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let children = grown(&world, &of_head, &["runs", "waits"]).await;
    let grandchild = bear(&children[1].1, &["grandchild"]).await[0];
    wait(&children[1].1, grandchild).await;
    let (stranger, _) = root(&world).await;

    cancel(&world, head).await;
    world.settle().await;
    for id in [head, children[0].0, children[1].0, grandchild] {
        let job = world.job(id).await;
        assert_eq!((job.status(), job.chores.family), (Status::Cancelled, None));
        assert_eq!(job.cause.unwrap().kind, CauseKind::Cancelled);
    }
    let message = world.job(children[0].0).await.cause.unwrap().message;
    assert!(message.contains(&format!("{head}, which started this one")), "{message}");
    assert_eq!(world.status(stranger).await, Status::Running);
    // Nobody of the family spends any more.
    assert!(matches!(children[0].1.steps().await, Err(LinkError::LeaseLost)));
}

#[tokio::test]
async fn what_users_gave_to_a_job_that_never_ran_ends_with_it() {
    let world = World::new();
    let later = world.clock.now().plus(Duration::from_hours(1));
    let head = world.submit(Draft { not_before: Some(later), ..draft() }).await;
    let child = world.submit(draft_with(|spec| spec.parent = Some(head))).await;
    world.settle().await;
    cancel(&world, head).await;
    world.settle().await;
    assert_eq!(world.status(child).await, Status::Cancelled);
}

#[tokio::test]
async fn who_has_ended_by_itself_stands_in_nobodys_way() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let (middle, of_middle) = grown(&world, &of_head, &["middle"]).await.remove(0);
    let (youngest, _) = grown(&world, &of_middle, &["youngest"]).await.remove(0);
    world.run(middle, Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(youngest).await, Status::Running);

    cancel(&world, head).await;
    world.settle().await;
    assert_eq!(world.status(middle).await, Status::Succeeded);
    let job = world.job(youngest).await;
    assert_eq!(job.status(), Status::Cancelled);
    let message = job.cause.unwrap().message;
    assert!(message.contains(&format!("{head}, from which this one descends")), "{message}");
}

#[tokio::test]
async fn children_of_a_job_that_fails_go_on() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let (child, _) = grown(&world, &of_head, &["child"]).await.remove(0);
    let later = world.clock.now().plus(Duration::from_hours(1));
    let of_user = draft_with(|spec| spec.parent = Some(head));
    let given = world.submit(Draft { not_before: Some(later), ..of_user }).await;
    world.fail(head).await;
    world.settle().await;
    assert_eq!(
        (world.status(head).await, world.status(child).await),
        (Status::Failed, Status::Running)
    );
    let explained = world.jobs().explain(&world.tenant, head).await.unwrap();
    for line in [
        format!("{child} (RUNNING), which it started, goes on without it"),
        format!("{given} (QUEUED), which was given to it, goes on without it"),
    ] {
        assert!(explained.details.contains(&line), "{explained:?}");
    }
}

#[tokio::test]
async fn a_crash_right_after_the_cancellation_saves_nobody() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let (child, _) = grown(&world, &of_head, &["child"]).await.remove(0);
    let crashes = World { engine: world.another_orchestrator(), ..world };
    // The engine that took the order is gone with its effects.
    let gone = crashes.another_orchestrator();
    gone.jobs().cancel(&crashes.tenant, head).await.unwrap();
    crashes.settle().await;
    assert_eq!(crashes.status(child).await, Status::Running);
    let explained = crashes.jobs().explain(&crashes.tenant, head).await.unwrap();
    assert!(explained.details[1].contains("is about to be cancelled with it"), "{explained:?}");
    crashes.advance(Duration::from_secs(30)).await;
    assert_eq!(crashes.status(child).await, Status::Cancelled);
}

#[tokio::test]
async fn many_children_are_all_reached() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let names: Vec<_> = (0..250).map(|number| number.to_string()).collect();
    let keys: Vec<_> = names.iter().map(String::as_str).collect();
    let children = bear(&of_head, &keys).await;
    cancel(&world, head).await;
    world.settle().await;
    for child in children {
        assert_eq!(world.status(child).await, Status::Cancelled);
    }
}

#[tokio::test]
async fn a_cancelled_job_gets_no_more_children() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    // The worker has been let in, and its orders come to the store when the job is cancelled already.
    let as_it_was = world.job(head).await;
    cancel(&world, head).await;
    let late = Children::submit(&world.jobs().children(), &as_it_was, vec![order("late")]).await;
    assert!(late.is_err(), "{late:?}");
    assert!(matches!(of_head.submit(vec![order("late")]).await, Err(LinkError::LeaseLost)));
    assert_eq!(world.store.jobs().len(), 1);
}

#[tokio::test]
async fn what_is_started_after_a_retry_is_not_meant() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let (old, _) = grown(&world, &of_head, &["old"]).await.remove(0);
    let gone = world.another_orchestrator();
    gone.jobs().cancel(&world.tenant, head).await.unwrap();
    world.jobs().retry(&world.tenant, head).await.unwrap();
    world.settle().await;
    let again = world.running(head).await;
    let (new, _) = grown(&world, &again, &["new"]).await.remove(0);
    // The cancellation is carried out late, and only for what it was meant for.
    world.advance(Duration::from_secs(30)).await;
    assert_eq!(world.status(old).await, Status::Cancelled);
    assert_eq!(world.status(new).await, Status::Running);
    assert_eq!(world.status(head).await, Status::Running);
    assert_eq!(world.job(head).await.chores.family, None);
}

#[tokio::test]
async fn a_waiting_parent_goes_on_when_its_child_is_cancelled_with_its_own_family() {
    let world = World::new();
    let (head, of_head) = root(&world).await;
    let (middle, of_middle) = grown(&world, &of_head, &["middle"]).await.remove(0);
    let (youngest, _) = grown(&world, &of_middle, &["youngest"]).await.remove(0);
    wait(&of_head, middle).await;
    cancel(&world, middle).await;
    world.settle().await;
    assert_eq!(world.status(youngest).await, Status::Cancelled);
    assert_eq!(world.status(head).await, Status::Launching);
    assert!(!effects::run_once(&world.engine).await.unwrap());
}
