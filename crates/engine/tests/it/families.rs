//! Jobs that start jobs and look at them.

use std::time::Duration;

use agent_runner_domain::{
    JobId, Money, RawJson,
    job::{CauseKind, DEPTH_MAX, Priority, Status, Verdict},
    ports::{Charge, ChildOrder, ChildView, LinkError, SpendAsk, Tokens, WorkerLink},
};
use agent_runner_engine::{EngineError, jobs::Draft};
use serde_json::json;

use crate::world::{World, bear, draft, draft_with, keyed, order};

#[tokio::test]
async fn a_child_belongs_to_its_parents_tenant_and_family() {
    let world = World { tenant: "ada".parse().unwrap(), ..World::new() };
    let parent = world
        .submit(draft_with(|spec| {
            spec.tags = [("team".to_owned(), "red".to_owned())].into();
            spec.priority = Priority::HIGH;
        }))
        .await;
    world.settle().await;
    let worker = world.running(parent).await;
    let plain = bear(&worker, &["plain"]).await[0];
    let special = ChildOrder {
        tags: [("team", "blue"), ("part", "1")].map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        budget: Money::from_dollars(0.5),
        timeout_ms: Some(5_000),
        priority: Some(Priority::LOW),
        ..order("special")
    };
    let special = worker.submit(vec![special]).await.unwrap().remove(0).unwrap();

    let job = world.job(plain).await;
    assert_eq!((job.tenant, job.priority), (world.tenant.clone(), Priority::HIGH));
    assert_eq!((job.spec.parent, &job.spec.ancestors), (Some(parent), &vec![parent]));
    assert_eq!(job.spec.tags["team"], "red");
    let job = world.job(special).await;
    assert_eq!((job.spec.budget, job.spec.timeout_ms), (Money::from_dollars(0.5), 5_000));
    assert_eq!((job.priority, job.spec.tags.len()), (Priority::LOW, 2));
    assert_eq!(job.spec.tags["team"], "blue");

    world.settle().await;
    let grandchild = bear(&world.running(plain).await, &["g"]).await[0];
    assert_eq!(world.job(grandchild).await.spec.ancestors, [parent, plain]);
}

#[tokio::test]
async fn the_same_key_is_the_same_child_in_every_attempt() {
    let world = World::new();
    let (one, two) = (world.submit(draft()).await, world.submit(draft()).await);
    world.settle().await;
    let worker = world.running(one).await;
    let children = bear(&worker, &["a", "b", "a"]).await;
    assert_eq!(children[0], children[2]);
    assert_ne!(children[0], children[1]);
    world.lose_worker(one).await;
    let other = ChildOrder { payload: RawJson::from(&json!({"message": 1})), ..order("a") };
    let again = world.running(one).await;
    assert_eq!(bear(&again, &["b", "a"]).await, [children[1], children[0]]);
    // A payload is checked before it is known that nobody needs it.
    assert_eq!(
        again.submit(vec![other]).await.unwrap()[0].clone().unwrap_err()[0].path,
        "/payload/message"
    );
    let stranger = bear(&world.running(two).await, &["a"]).await;
    assert_ne!(stranger[0], children[0]);
    let users = world.submit(keyed("a", 0)).await;
    assert!(!children.contains(&users));
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_told_and_touches_no_other() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    let orders = vec![
        ChildOrder { payload: RawJson::from(&json!({"message": 1, "more": 2})), ..order("1") },
        order("good"),
        ChildOrder { job_type: "ecco".to_owned(), ..order("3") },
        ChildOrder { timeout_ms: Some(0), ..order("4") },
        ChildOrder { tags: [("a b".to_owned(), "\0".to_owned())].into(), ..order("5") },
        order("also good"),
    ];
    let answers = worker.submit(orders).await.unwrap();
    let paths: Vec<Vec<_>> = answers
        .iter()
        .map(|answer| match answer {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(|fault| fault.path.as_str()).collect(),
        })
        .collect();
    assert_eq!(paths[0].len(), 2);
    assert!(paths[0].contains(&"/payload/message") && paths[0].contains(&"/payload"));
    assert_eq!(
        paths[1..],
        [vec![], vec!["/job_type"], vec!["/timeout_ms"], vec!["/tags", "/tags/a b"], vec![]]
    );
    let Err(faults) = &answers[2] else { unreachable!() };
    assert!(faults[0].message.contains("there are: echo"), "{faults:?}");
    assert_eq!(world.store.jobs().len(), 3);
}

fn child_of(parent: JobId) -> Draft {
    draft_with(|spec| spec.parent = Some(parent))
}

#[tokio::test]
async fn users_give_jobs_only_to_parents_that_go_on() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    let child = world.submit(child_of(parent)).await;
    assert_eq!(world.job(child).await.spec.ancestors, [parent]);
    let keyed_child = || Draft { idempotency: keyed("a", 0).idempotency, ..child_of(parent) };
    let early = world.submit(keyed_child()).await;
    world.settle().await;
    world.run(parent, Verdict::Succeeded).await;

    let late_key = Draft { idempotency: keyed("b", 0).idempotency, ..child_of(parent) };
    let answers = world.submit_all(vec![child_of(parent), keyed_child(), late_key]).await;
    let again = answers[1].as_ref().unwrap();
    assert_eq!(
        (again.job.id, again.existing),
        (early, true),
        "its key made it while there was time"
    );
    for index in [0, 2] {
        let Err(EngineError::Invalid(faults)) = &answers[index] else { panic!("{answers:?}") };
        assert_eq!(faults[0].path, "/parent");
        assert!(faults[0].message.contains("has ended (SUCCEEDED)"), "{faults:?}");
    }
    let stranger = "stranger".parse().unwrap();
    let theirs = world.jobs().submit(&stranger, vec![child_of(child)]).await.pop().unwrap();
    assert!(matches!(theirs, Err(EngineError::Invalid(_))), "{theirs:?}");
    assert_eq!(world.store.jobs().len(), 3);
}

#[tokio::test]
async fn a_family_is_only_so_deep() {
    let world = World::new();
    let mut youngest = world.submit(draft()).await;
    for _ in 0..DEPTH_MAX {
        world.settle().await;
        youngest = bear(&world.running(youngest).await, &["next"]).await[0];
    }
    assert_eq!(world.job(youngest).await.spec.ancestors.len(), DEPTH_MAX);
    world.settle().await;
    let answers = world.running(youngest).await.submit(vec![order("next")]).await.unwrap();
    let Err(faults) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!(faults[0].path, "/parent");
    assert!(faults[0].message.contains("at most 8 ancestors"), "{faults:?}");
}

#[tokio::test]
async fn orders_without_a_name_and_too_many_are_refused() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    let long = "k".repeat(ChildOrder::KEY_BYTES_MAX + 1);
    let many = vec![order("a"); ChildOrder::COUNT_MAX + 1];
    for orders in [vec![order("")], vec![order("a"), order(&long)], many] {
        assert!(matches!(worker.submit(orders).await, Err(LinkError::Refused(_))));
    }
    let looks = vec![parent; ChildOrder::COUNT_MAX + 1];
    assert!(matches!(worker.look(looks).await, Err(LinkError::Refused(_))));
    assert_eq!(world.store.jobs().len(), 1);
}

#[tokio::test]
async fn who_has_lost_the_job_starts_nothing_and_sees_nothing() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    world.lose_worker(parent).await;
    assert!(matches!(worker.submit(vec![order("a")]).await, Err(LinkError::LeaseLost)));
    assert!(matches!(worker.look(vec![parent]).await, Err(LinkError::LeaseLost)));
    assert_eq!(world.store.jobs().len(), 1);
}

#[tokio::test]
async fn a_job_sees_its_family_and_nobody_else() {
    let world = World::new();
    let root = world.submit(draft()).await;
    let stranger = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(root).await;
    let [good, bad, open] = bear(&worker, &["good", "bad", "open"]).await[..] else {
        panic!("three children");
    };
    world.settle().await;
    spend(&world, good, 25).await;
    world.run(good, Verdict::Succeeded).await;
    world.fail(bad).await;
    world.advance(Duration::from_secs(1)).await;

    let nobody = JobId::from_u128(7);
    let views = worker.look(vec![good, stranger, bad, nobody, open, root]).await.unwrap();
    let view = |index: usize| views[index].as_ref().unwrap();
    let ChildView { job_id, status, cause, result, cost, .. } = view(0).clone();
    assert_eq!((job_id, status, cause), (good, Status::Succeeded, None));
    assert_eq!((result, cost), (Some(RawJson::from(&json!({"of": good}))), money(25)));
    assert_eq!(views[1], None);
    let failed = view(2).cause.as_ref().unwrap();
    assert_eq!((view(2).status, failed.kind), (Status::Failed, CauseKind::HandlerError));
    assert_eq!((&view(2).result, views[3].as_ref()), (&None, None));
    assert_eq!(view(4).status, Status::Launching);
    assert_eq!((view(5).status, view(5).cost), (Status::Running, money(25)));
    // Siblings and ancestors are family too.
    let of_child = world.running(open).await.look(vec![good, root, stranger]).await.unwrap();
    assert_eq!(of_child.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
}

#[tokio::test]
async fn results_that_are_too_large_together_are_looked_at_one_by_one() {
    let world = World::new();
    let root = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(root).await;
    let children = bear(&worker, &["a", "b", "c"]).await;
    world.settle().await;
    let large = RawJson::from(&json!("x".repeat(ChildView::RESULTS_BYTES_MAX / 2)));
    for (child, result) in children.iter().zip([&large, &large, &RawJson::from(&json!(1))]) {
        let of_child = world.running(*child).await;
        of_child.finish(Verdict::Succeeded, Some(result.clone()), 1, Vec::new()).await.unwrap();
    }
    let seen = async |jobs: &[JobId]| -> Vec<(bool, bool)> {
        let views = worker.look(jobs.to_vec()).await.unwrap().into_iter().flatten();
        views.map(|view| (view.result.is_some(), view.result_left_out)).collect()
    };
    let (told, left_out) = ((true, false), (false, true));
    assert_eq!(seen(&children).await, [told, left_out, left_out]);
    assert_eq!(seen(&children[1..]).await, [told, told]);
}

fn money(nanodollars: u64) -> Money {
    Money::from_nanodollars(nanodollars)
}

async fn spend(world: &World, id: JobId, cost: u64) {
    let worker = world.running(id).await;
    let ask = SpendAsk { provider: "p".into(), model: "m".into(), most: Some(money(cost)) };
    worker.reserve(1, ask).await.unwrap();
    let key = *world.ledger.calls().keys().next().unwrap();
    let charge = Charge { model: "m".into(), cost: Some(money(cost)), tokens: Tokens::default() };
    worker.settle(key, charge).await.unwrap();
}
