//! What `explain` says in each situation.

use std::time::Duration;

use agent_runner_domain::{
    JobId, Money,
    job::{CauseKind, Evidence, Failure, Verdict},
    ports::{SpendAsk, WorkerLink},
};
use agent_runner_engine::jobs::Explanation;

use crate::world::{World, bear, draft, draft_with};

async fn explain(world: &World, id: JobId) -> Explanation {
    world.jobs().explain(&world.tenant, id).await.unwrap()
}

#[tokio::test]
async fn a_blocked_job_names_what_it_waits_for() {
    let world = World::new();
    let first = world.submit(draft()).await;
    let second = world.submit(draft_with(|spec| spec.depends_on = vec![first])).await;
    let Explanation { summary, fix, details } = explain(&world, second).await;
    assert!(summary.contains("waits for the 1 job"), "{summary}");
    assert_eq!((fix, details), (None, vec![format!("waits for {first} (QUEUED)")]));
}

#[tokio::test]
async fn a_job_on_its_way_says_where_it_is() {
    let world = World::new();
    let id = world.submit(draft()).await;
    assert!(explain(&world, id).await.summary.contains("in line with priority 5"));
    world.settle().await;
    assert!(explain(&world, id).await.summary.contains("A worker for attempt 1 was asked for"));
    world.worker(id).await.start(None).await.unwrap();
    assert!(explain(&world, id).await.summary.contains("Attempt 1 runs since"));
}

#[tokio::test]
async fn a_failed_attempt_is_told_with_its_evidence_and_what_comes_next() {
    let world = World::new();
    let id = world.submit(draft_with(|spec| spec.max_attempts = 2)).await;
    let evidence = Evidence {
        exit_code: Some(3),
        stderr_tail: Some("no such table\n".to_owned()),
        ..Evidence::default()
    };
    let failure =
        Failure::passing(CauseKind::HandlerError, "it exited with 3").with_evidence(evidence);
    world.settle().await;
    world.run(id, Verdict::Failed(failure.clone())).await;
    let waiting = explain(&world, id).await;
    assert!(waiting.summary.contains("Attempt 1 failed (handler_error)"), "{}", waiting.summary);
    assert!(waiting.fix.unwrap().contains("tried again at"));
    assert!(waiting.details[0].contains("exit code 3"), "{:?}", waiting.details);
    assert!(waiting.details[0].contains("no such table"));
    world.advance(Duration::from_mins(1)).await;
    world.run(id, Verdict::Failed(failure)).await;
    let ended = explain(&world, id).await;
    assert!(ended.summary.contains("ended as FAILED (handler_error) after 2 attempt(s)"));
    assert!(ended.fix.unwrap().contains("retry the job"));
    assert!(ended.details.iter().any(|line| line.contains("2 of 2 attempts of your own")));
}

#[tokio::test]
async fn a_dependents_end_points_at_the_job_that_failed() {
    let world = World::new();
    let first = world.submit(draft()).await;
    let second = world.submit(draft_with(|spec| spec.depends_on = vec![first])).await;
    world.settle().await;
    world.fail(first).await;
    world.settle().await;
    let Explanation { summary, fix, .. } = explain(&world, second).await;
    assert!(summary.contains("dependency_failed") && summary.contains(&first.to_string()));
    assert!(fix.unwrap().contains("Retry the job that failed first"));
}

#[tokio::test]
async fn a_job_that_waits_for_children_names_those_under_way() {
    let world = World::new();
    let parent = world.submit(draft()).await;
    world.settle().await;
    let worker = world.running(parent).await;
    let on = bear(&worker, &["a", "b"]).await;
    worker.finish(Verdict::Waiting { on: on.clone() }, None, 1, Vec::new()).await.unwrap();
    world.settle().await;
    world.run(on[0], Verdict::Succeeded).await;
    world.settle().await;
    let Explanation { summary, fix, details } = explain(&world, parent).await;
    assert!(summary.contains("waits for 2 of its child jobs"), "{summary}");
    assert_eq!((fix, details), (None, vec![format!("waits for {} (LAUNCHING)", on[1])]));
}

#[tokio::test]
async fn an_exceeded_budget_is_told_with_what_is_left_of_each() {
    let world = World::new();
    let (dollar, cent) = (Money::from_dollars(1.0), Money::from_dollars(0.01));
    let parent = world.submit(draft_with(|spec| spec.budget = dollar)).await;
    world.jobs().set_daily_budget(&world.tenant, Money::from_dollars(5.0)).await.unwrap();
    world.settle().await;
    let child = bear(&world.running(parent).await, &["a"]).await[0];
    world.settle().await;
    let worker = world.running(child).await;
    let ask = SpendAsk { provider: "p".into(), model: "m".into(), most: cent };
    worker.reserve(1, ask).await.unwrap();
    let failure = Failure::lasting(CauseKind::BudgetExceeded, "the next call may cost $2.00");
    worker.finish(Verdict::Failed(failure), None, 1, Vec::new()).await.unwrap();
    let Explanation { summary, fix, details } = explain(&world, child).await;
    assert!(summary.contains("budget_exceeded"), "{summary}");
    assert!(fix.unwrap().contains("larger budget_usd"));
    let told = |part: &str| details.iter().any(|line| line.contains(part));
    assert!(told(&format!("of the budget of {parent} and all that belongs to it, $1.00, $0.00")));
    assert!(told("of the daily budget of tenant default, $5.00"), "{details:?}");
    assert!(told("$0.01 held"));
}
