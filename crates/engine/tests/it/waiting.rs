//! Parents that wait for their children without a worker.

use std::{sync::Arc, time::Duration};

use agent_runner_domain::{
    JobId, RawJson,
    direct_link::{DirectLink, LinkPorts},
    job::{AttemptEnd, JobEvent, JobState, Status, Verdict},
    ports::{Commit, LaunchKey, LinkError, Ticket, WorkerLink},
};
use serde_json::json;

use crate::world::{World, bear, draft};

/// A parent that waits for as many children, all of which have workers.
async fn waiting_parent(world: &World, keys: &[&str]) -> (JobId, Vec<JobId>) {
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    let children = bear(&worker, keys).await;
    wait(&worker, &children).await.unwrap();
    world.settle().await;
    (parent, children)
}

async fn wait(worker: &impl WorkerLink, on: &[JobId]) -> Result<(), LinkError> {
    worker.finish(Verdict::Waiting { on: on.to_vec() }, None, 1, Vec::new()).await
}

#[tokio::test]
async fn a_parent_goes_on_when_the_last_child_has_ended_however_it_ended() {
    let world = World::new();
    let (parent, children) = waiting_parent(&world, &["a", "b", "c"]).await;
    let job = world.job(parent).await;
    assert_eq!((job.status(), job.state.lease()), (Status::Blocked, None));
    assert!(matches!(job.state, JobState::Blocked { waits_for, .. } if waits_for == children));

    world.run(children[2], Verdict::Succeeded).await;
    world.fail(children[0]).await;
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Blocked);
    world.jobs().cancel(&world.tenant, children[1]).await.unwrap();
    world.settle().await;

    let job = world.job(parent).await;
    assert_eq!((job.status(), job.attempts), (Status::Launching, 2));
    assert_eq!((job.user_failures, job.infrastructure_failures), (0, 0));
    assert_eq!(job.history[0].end, AttemptEnd::Waited);
    world.run(parent, Verdict::Succeeded).await;
    assert_eq!(world.status(parent).await, Status::Succeeded);
}

#[tokio::test]
async fn children_that_have_ended_already_are_not_waited_for() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    let children = bear(&worker, &["a"]).await;
    world.settle().await;
    world.run(children[0], Verdict::Succeeded).await;
    world.settle().await;
    wait(&worker, &children).await.unwrap();
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Launching);
}

#[tokio::test]
async fn a_child_that_reaches_the_stores_tells_its_parent_by_itself() {
    let world = World::new();
    let (parent, children) = waiting_parent(&world, &["a", "b"]).await;
    succeed_directly(&world, children[0]).await;
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Blocked);
    succeed_directly(&world, children[1]).await;
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Launching);
}

/// As when a worker dies between its last word and telling its parent.
#[tokio::test]
async fn a_parent_that_nobody_tells_looks_by_itself() {
    let world = World::new();
    let (parent, children) = waiting_parent(&world, &["a"]).await;
    direct_link(&world, children[0]).await.start(None).await.unwrap();
    let store = &world.engine.ports.store;
    let seen = store.load(children[0]).await.unwrap().unwrap();
    let lease = seen.value.state.lease().unwrap();
    let ended = JobEvent::Finished { lease, verdict: Verdict::Succeeded };
    let step = seen.value.apply(ended, world.engine.ports.clock.now()).unwrap().unwrap();
    let result = Some(RawJson::from(&json!(1)));
    store.commit(vec![Commit { seen: seen.version, step, result }]).await.remove(0).unwrap();
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Blocked);
    world.advance(Duration::from_secs(30)).await;
    assert_eq!(world.status(parent).await, Status::Launching);
}

#[tokio::test]
async fn a_parent_of_many_goes_on_after_the_last_of_them() {
    let world = World::new();
    let names: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let keys: Vec<_> = names.iter().map(String::as_str).collect();
    let (parent, children) = waiting_parent(&world, &keys).await;
    let (last, others) = (children[3], children.iter().filter(|child| **child != children[3]));
    for child in others {
        world.run(*child, Verdict::Succeeded).await;
    }
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Blocked);
    world.run(last, Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Launching);
}

#[tokio::test]
async fn only_children_can_be_waited_for() {
    let world = World::new();
    let root = world.submit(draft()).await;
    let stranger = world.submit(draft()).await;
    world.settle().await;
    let of_root = world.running(root).await;
    let [middle, sibling] = bear(&of_root, &["middle", "sibling"]).await[..] else {
        panic!("two children");
    };
    world.settle().await;
    let of_middle = world.running(middle).await;
    let child = bear(&of_middle, &["child"]).await[0];
    let nobody = JobId::from_u128(7);
    let grandchild = wait(&of_root, &[middle, child]).await;
    assert!(matches!(grandchild, Err(LinkError::Refused(_))));
    for on in [vec![], vec![middle], vec![root], vec![child, sibling], vec![stranger], vec![nobody]]
    {
        let answer = wait(&of_middle, &on).await;
        assert!(matches!(answer, Err(LinkError::Refused(_))), "{on:?}: {answer:?}");
    }
    let result = Some(RawJson::from(&json!(1)));
    let both = of_middle.finish(Verdict::Waiting { on: vec![child] }, result, 1, Vec::new()).await;
    assert!(matches!(both, Err(LinkError::Refused(_))));
    assert_eq!(world.status(middle).await, Status::Running);
}

#[tokio::test]
async fn a_repeated_word_of_waiting_is_heard_once() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    let children = bear(&worker, &["a"]).await;
    wait(&worker, &children).await.unwrap();
    wait(&worker, &children).await.unwrap();
    assert_eq!(world.job(parent).await.waits, 1);
    let failed = worker.finish(Verdict::Succeeded, Some(RawJson::from(&json!(1))), 1, vec![]).await;
    assert!(matches!(failed, Err(LinkError::LeaseLost)));
}

#[tokio::test]
async fn a_parent_that_is_cancelled_waits_no_more() {
    let world = World::new();
    let (parent, children) = waiting_parent(&world, &["a"]).await;
    world.jobs().cancel(&world.tenant, parent).await.unwrap();
    world.run(children[0], Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Cancelled);
    world.jobs().retry(&world.tenant, parent).await.unwrap();
    world.settle().await;
    assert_eq!(world.status(parent).await, Status::Launching);
}

#[tokio::test]
async fn who_depends_on_a_waiting_job_waits_for_its_end() {
    let world = World::new();
    let (parent, children) = waiting_parent(&world, &["a"]).await;
    let after = world.submit(crate::world::draft_with(|spec| spec.depends_on = vec![parent])).await;
    world.run(children[0], Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(after).await, Status::Blocked);
    world.run(parent, Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(after).await, Status::Launching);
}

async fn succeed_directly(world: &World, id: JobId) {
    let worker = direct_link(world, id).await;
    worker.start(None).await.unwrap();
    let result = Some(RawJson::from(&json!(1)));
    worker.finish(Verdict::Succeeded, result, 1, Vec::new()).await.unwrap();
}

/// A worker that carries out no effects.
async fn direct_link(world: &World, id: JobId) -> DirectLink {
    let job = world.job(id).await;
    let ports = world.engine.ports.clone();
    let own = LinkPorts {
        store: ports.store,
        artifacts: ports.artifacts,
        clock: ports.clock,
        ledger: ports.ledger,
        settings: ports.settings,
        children: Arc::new(world.jobs().children()),
    };
    let key = LaunchKey { job: id, attempt: job.attempts };
    DirectLink::new(own, Ticket { key, lease: job.state.lease().unwrap() })
}
