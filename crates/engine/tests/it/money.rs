//! What model calls may cost, and did cost.

use std::time::Duration;

use agent_runner_domain::{
    Day, JobId, Lease, Money,
    job::Verdict,
    ports::{
        AccountId, CallKey, Charge, CostGroup, CostQuery, DaySpend, JobCost, LaunchKey, LinkError,
        Reserved, Shortage, SpendAsk, Ticket, Tokens, WorkerLink,
    },
};
use agent_runner_engine::{gateway::GatewayLink, jobs::DailyBudget};

use crate::world::{World, bear, draft, draft_with};

fn money(nanodollars: u64) -> Money {
    Money::from_nanodollars(nanodollars)
}

fn ask(most: u64) -> SpendAsk {
    SpendAsk { provider: "anthropic".into(), model: "m".into(), most: Some(money(most)) }
}

fn charge(cost: u64) -> Charge {
    Charge { model: "m".into(), cost: Some(money(cost)), tokens: Tokens::default() }
}

fn key(job: JobId, attempt: u32, call: u32) -> CallKey {
    CallKey { job, attempt, call }
}

async fn shortage(worker: &GatewayLink, call: u32, most: u64) -> Shortage {
    match worker.reserve(call, ask(most)).await.unwrap() {
        Reserved::Exceeded(shortage) => shortage,
        other => panic!("{other:?}"),
    }
}

async fn spent_and_held(world: &World, id: JobId) -> (u64, u64) {
    let JobCost { spent, held, .. } = world.jobs().costs(&[id]).await.unwrap()[0];
    (spent.nanodollars(), held.nanodollars())
}

/// A job that runs, under a budget or without.
async fn running(world: &World, budget: Option<u64>) -> (JobId, GatewayLink) {
    let id = world.submit(draft_with(|spec| spec.budget = budget.map(money))).await;
    world.settle().await;
    (id, world.running(id).await)
}

#[tokio::test]
async fn a_family_shares_one_budget() {
    let world = World::new();
    let (root, of_root) = running(&world, Some(100)).await;
    let child = bear(&of_root, &["child"]).await[0];
    world.settle().await;
    let of_child = world.running(child).await;
    let grandchild = bear(&of_child, &["grandchild"]).await[0];
    world.settle().await;
    let of_grandchild = world.running(grandchild).await;

    for worker in [&of_root, &of_child, &of_grandchild] {
        assert_eq!(worker.reserve(1, ask(30)).await.unwrap(), Reserved::Granted);
    }
    of_child.settle(key(child, 1, 1), charge(25)).await.unwrap();
    assert_eq!(spent_and_held(&world, root).await, (25, 60));
    assert_eq!(spent_and_held(&world, child).await, (25, 30));
    assert_eq!(spent_and_held(&world, grandchild).await, (0, 30));

    let short = shortage(&of_grandchild, 2, 16).await;
    assert_eq!(short.account, AccountId::Job(root));
    let text = short.to_string();
    assert!(text.contains(&format!("the budget of {root} and all that belongs to it")), "{text}");
    assert_eq!(of_grandchild.reserve(2, ask(15)).await.unwrap(), Reserved::Granted);
}

#[tokio::test]
async fn the_budget_of_a_child_holds_within_that_of_its_parent() {
    let world = World::new();
    let (_, of_root) = running(&world, Some(100)).await;
    let order = agent_runner_domain::ports::ChildOrder {
        budget: Some(money(20)),
        ..crate::world::order("child")
    };
    let child = of_root.submit(vec![order]).await.unwrap().remove(0).unwrap();
    world.settle().await;
    let of_child = world.running(child).await;
    assert_eq!(shortage(&of_child, 1, 21).await.account, AccountId::Job(child));
    assert_eq!(of_root.reserve(1, ask(90)).await.unwrap(), Reserved::Granted);
    assert_ne!(shortage(&of_child, 1, 20).await.account, AccountId::Job(child));
}

#[tokio::test]
async fn who_has_lost_the_job_cannot_spend_but_says_what_was_spent() {
    let world = World::new();
    let (id, old) = running(&world, Some(100)).await;
    assert_eq!(old.reserve(1, ask(40)).await.unwrap(), Reserved::Granted);
    world.lose_worker(id).await;
    assert!(matches!(old.reserve(2, ask(1)).await, Err(LinkError::LeaseLost)));
    assert_eq!(spent_and_held(&world, id).await, (0, 40));
    old.settle(key(id, 1, 1), charge(35)).await.unwrap();
    assert_eq!(spent_and_held(&world, id).await, (35, 0));

    // The next attempt counts its calls anew and may correct those before it.
    let new = world.running(id).await;
    assert_eq!(new.reserve(1, ask(40)).await.unwrap(), Reserved::Granted);
    new.settle(key(id, 1, 1), charge(36)).await.unwrap();
    assert_eq!(spent_and_held(&world, id).await, (36, 40));
    world.run(id, Verdict::Succeeded).await;
    old.settle(key(id, 1, 1), charge(37)).await.unwrap();
    new.settle(key(id, 2, 1), charge(1)).await.unwrap();
    assert_eq!(spent_and_held(&world, id).await, (38, 0));
}

#[tokio::test]
async fn nobody_settles_for_others() {
    let world = World::new();
    let (id, worker) = running(&world, None).await;
    let (other, of_other) = running(&world, None).await;
    assert_eq!(of_other.reserve(1, ask(10)).await.unwrap(), Reserved::Granted);
    let foreign = worker.settle(key(other, 1, 1), charge(1)).await;
    assert!(matches!(foreign, Err(LinkError::Refused(_))));
    let future = worker.settle(key(id, 2, 1), charge(1)).await;
    assert!(matches!(future, Err(LinkError::Refused(_))));
    let guessed = Ticket { key: LaunchKey { job: other, attempt: 1 }, lease: Lease::from_u128(1) };
    let thief = world.engine.gateway().link(guessed);
    assert!(matches!(thief.settle(key(other, 1, 1), charge(1)).await, Err(LinkError::LeaseLost)));
    assert_eq!(spent_and_held(&world, other).await, (0, 10));
}

#[tokio::test]
async fn numbers_that_no_call_has_are_refused() {
    let world = World::new();
    let (id, worker) = running(&world, None).await;
    let nameless = SpendAsk { model: "m".repeat(201), ..ask(1) };
    for answer in [worker.reserve(0, ask(1)).await, worker.reserve(1, nameless).await] {
        assert!(matches!(answer, Err(LinkError::Refused(_))));
    }
    let tokens = Tokens { output: u64::MAX, ..Tokens::default() };
    let absurd = worker.settle(key(id, 1, 1), Charge { tokens, ..charge(1) }).await;
    assert!(matches!(absurd, Err(LinkError::Refused(_))));
}

#[tokio::test]
async fn a_model_without_a_price_runs_only_where_nothing_limits() {
    let world = World::new();
    let unpriced = || SpendAsk { most: None, ..ask(0) };
    let (free, of_free) = running(&world, None).await;
    assert_eq!(of_free.reserve(1, unpriced()).await.unwrap(), Reserved::Granted);
    let (limited, of_limited) = running(&world, Some(1_000)).await;
    let refused = Reserved::NoPrice { account: AccountId::Job(limited) };
    assert_eq!(of_limited.reserve(1, unpriced()).await.unwrap(), refused);
    assert_eq!(world.jobs().costs(&[free]).await.unwrap()[0].unpriced_calls, 1);
}

#[tokio::test]
async fn a_tenant_has_a_budget_for_each_day() {
    let world = World::new();
    let (_, worker) = running(&world, None).await;
    assert_eq!(worker.reserve(1, ask(40)).await.unwrap(), Reserved::Granted);
    let budget = world.jobs().set_daily_budget(&world.tenant, Some(money(100))).await.unwrap();
    let day = Day::of(world.engine.ports.clock.now());
    let today = DaySpend { spent: money(0), held: money(40) };
    let expected =
        DailyBudget { tenant: world.tenant.clone(), limit: Some(money(100)), day, today };
    assert_eq!(budget, expected);
    assert_eq!(world.jobs().daily_budgets().await.unwrap(), [expected]);
    let account = AccountId::TenantDay { tenant: world.tenant.clone(), day };
    assert_eq!(shortage(&worker, 2, 61).await.account, account);

    world.clock.advance(Duration::from_hours(24));
    assert_eq!(worker.reserve(2, ask(100)).await.unwrap(), Reserved::Granted);
    world.jobs().set_daily_budget(&world.tenant, None).await.unwrap();
    assert_eq!(world.jobs().daily_budgets().await.unwrap(), []);
    assert_eq!(world.jobs().daily_budget(&world.tenant).await.unwrap().today.held, money(100));
}

#[tokio::test]
async fn a_report_tells_what_tags_cost_children_included() {
    let world = World::new();
    let id =
        world.submit(draft_with(|spec| spec.tags = [("team".into(), "red".into())].into())).await;
    world.settle().await;
    let parent = world.running(id).await;
    let child = bear(&parent, &["child"]).await[0];
    world.settle().await;
    let of_child = world.running(child).await;
    for (worker, job) in [(&parent, id), (&of_child, child)] {
        worker.reserve(1, ask(10)).await.unwrap();
        worker.settle(key(job, 1, 1), charge(7)).await.unwrap();
    }
    let query = CostQuery {
        tenant: Some(world.tenant.clone()),
        since: None,
        until: None,
        by: CostGroup::Tag("team".into()),
    };
    let rows = world.jobs().cost_report(&query).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].key.as_str(), rows[0].calls, rows[0].spent), ("red", 2, money(14)));
}

#[tokio::test]
async fn a_repeated_question_counts_once_and_jobs_without_calls_cost_nothing() {
    let world = World::new();
    let (id, worker) = running(&world, Some(50)).await;
    for _ in 0..3 {
        assert_eq!(worker.reserve(1, ask(50)).await.unwrap(), Reserved::Granted);
    }
    assert_eq!(spent_and_held(&world, id).await, (0, 50));
    let other = world.submit(draft()).await;
    assert_eq!(world.jobs().costs(&[other]).await.unwrap(), [JobCost::default()]);
}
