//! Chains, however long, and jobs with many dependents.

use agent_runner_domain::{
    JobId,
    job::{CauseKind, Chores, JobSpec, Status, Verdict},
};

use crate::world::{World, draft, draft_with, named};

fn after(dependencies: &[JobId]) -> impl FnOnce(&mut JobSpec) {
    let dependencies = dependencies.to_vec();
    move |spec| spec.depends_on = dependencies
}

async fn chain(world: &World, length: usize) -> Vec<JobId> {
    let names: Vec<_> = (0..length).map(|number| number.to_string()).collect();
    let drafts = (0..length).map(|number| match number.checked_sub(1) {
        None => named(&names[0], &[]),
        Some(before) => named(&names[number], &[&names[before]]),
    });
    // The last comes first, so that nothing is in a convenient order.
    let drafts: Vec<_> = drafts.rev().collect();
    let answers = world.submit_all(drafts).await;
    answers.into_iter().rev().map(|answer| answer.unwrap().job.id).collect()
}

#[tokio::test]
async fn a_dependent_starts_after_success_and_sees_the_results() {
    let world = World::new();
    let (one, two) = (world.submit(draft()).await, world.submit(draft()).await);
    let last = world.submit(draft_with(after(&[one, two]))).await;
    world.settle().await;
    world.run(one, Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(last).await, Status::Blocked);
    world.run(two, Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.status(last).await, Status::Launching);
    assert_eq!(world.run(last, Verdict::Succeeded).await, [one, two]);
}

#[tokio::test]
async fn a_failure_runs_through_ten_thousand_dependents() {
    let world = World::new();
    let chain = chain(&world, 10_000).await;
    world.settle().await;
    world.fail(chain[0]).await;
    world.settle().await;
    let last = world.job(*chain.last().unwrap()).await;
    assert_eq!(last.status(), Status::Failed);
    let cause = last.cause.unwrap();
    assert_eq!(cause.kind, CauseKind::DependencyFailed);
    assert!(cause.message.contains(&chain[9_998].to_string()), "{}", cause.message);
    assert_eq!(world.launches.notes().launched.len(), 1);
}

#[tokio::test]
async fn every_one_of_many_dependents_is_released() {
    let world = World::new();
    let first = world.submit(draft()).await;
    let dependents = world.submit_all(vec![draft_with(after(&[first])); 250]).await;
    world.settle().await;
    world.run(first, Verdict::Succeeded).await;
    world.settle().await;
    for dependent in dependents {
        assert_eq!(world.status(dependent.unwrap().job.id).await, Status::Launching);
    }
    assert_eq!(world.job(first).await.chores, Chores::default());
}

#[tokio::test]
async fn who_comes_after_the_end_need_not_wait() {
    let world = World::new();
    let first = world.submit(draft()).await;
    world.settle().await;
    world.run(first, Verdict::Succeeded).await;
    world.settle().await;
    let late = world.submit(draft_with(after(&[first]))).await;
    world.settle().await;
    assert_eq!(world.status(late).await, Status::Launching);
}

#[tokio::test]
async fn a_chain_that_failed_can_be_retried_from_its_head() {
    let world = World::new();
    let chain = chain(&world, 2).await;
    world.settle().await;
    world.fail(chain[0]).await;
    world.settle().await;
    world.jobs().retry(&world.tenant, chain[0]).await.unwrap();
    let again = world.jobs().retry(&world.tenant, chain[1]).await.unwrap();
    assert_eq!(again.status(), Status::Blocked);
    world.settle().await;
    world.run(chain[0], Verdict::Succeeded).await;
    world.settle().await;
    assert_eq!(world.run(chain[1], Verdict::Succeeded).await, [chain[0]]);
}
