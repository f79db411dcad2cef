//! What is accepted, and what is refused with which words.

use agent_runner_domain::{JobId, TenantId, job::Status};
use agent_runner_engine::{EngineError, error::Fault, jobs::Submitted};
use serde_json::json;

use crate::world::{World, draft, draft_of, draft_with, keyed, named};

fn faults(answer: &Result<Submitted, EngineError>) -> &[Fault] {
    match answer {
        Err(EngineError::Invalid(faults)) => faults,
        other => panic!("refused as invalid, not {other:?}"),
    }
}

fn id(answer: &Result<Submitted, EngineError>) -> JobId {
    answer.as_ref().expect("accepted").job.id
}

#[tokio::test]
async fn a_bulk_may_name_its_own_jobs_in_any_order() {
    let world = World::new();
    let drafts =
        vec![named("last", &["first", "second"]), named("second", &["first"]), named("first", &[])];
    let answers = world.submit_all(drafts).await;
    let [last, second, first] = [0, 1, 2].map(|index| id(&answers[index]));
    assert_eq!(world.job(last).await.spec.depends_on, [first, second]);
    assert_eq!(world.job(second).await.spec.depends_on, [first]);
    assert_eq!(world.status(first).await, Status::Queued);
    assert_eq!(world.status(last).await, Status::Blocked);
}

#[tokio::test]
async fn jobs_that_depend_on_each_other_in_a_circle_are_refused_and_the_others_are_not() {
    let world = World::new();
    let answers = world
        .submit_all(vec![
            named("a", &["b"]),
            named("b", &["a"]),
            named("c", &[]),
            named("d", &["a"]),
        ])
        .await;
    assert!(faults(&answers[0])[0].message.contains("circle"));
    assert!(faults(&answers[1])[0].message.contains("circle"));
    assert!(answers[2].is_ok());
    assert_eq!(faults(&answers[3])[0].path, "/depends_on");
    assert_eq!(world.store.jobs().len(), 1);
}

#[tokio::test]
async fn a_job_cannot_depend_on_itself() {
    let world = World::new();
    let answers = world.submit_all(vec![named("a", &["a"])]).await;
    assert!(faults(&answers[0])[0].message.contains("itself"));
}

#[tokio::test]
async fn a_dependency_that_does_not_exist_is_named_with_its_place() {
    let world = World::new();
    let known = world.submit(draft()).await;
    let unknown = JobId::from_u128(77);
    let draft = draft_with(|spec| spec.depends_on = vec![known, unknown]);
    let answers = world.submit_all(vec![draft, named("x", &["nobody"])]).await;
    assert_eq!(faults(&answers[0])[0].path, "/depends_on/1");
    assert!(faults(&answers[0])[0].message.contains(&unknown.to_string()));
    assert!(faults(&answers[1])[0].message.contains("\"nobody\""));
    assert_eq!(world.store.jobs().len(), 1);
}

#[tokio::test]
async fn another_tenants_job_does_not_exist() {
    let world = World::new();
    let theirs = world.submit(draft()).await;
    let stranger: TenantId = "stranger".parse().unwrap();
    let draft = draft_with(|spec| spec.depends_on = vec![theirs]);
    let answers = world.jobs().submit(&stranger, vec![draft]).await;
    assert_eq!(faults(&answers[0])[0].path, "/depends_on/0");
    let found = world.jobs().get(&stranger, theirs).await;
    assert!(matches!(found, Err(EngineError::JobNotFound(_))));
}

#[tokio::test]
async fn whatever_depends_on_a_refused_job_is_refused_too() {
    let world = World::new();
    let mut wrong = named("wrong", &[]);
    wrong.payload = draft_of(&json!({"message": 1})).payload;
    let answers =
        world.submit_all(vec![named("far", &["near"]), named("near", &["wrong"]), wrong]).await;
    assert_eq!(faults(&answers[2])[0].path, "/payload/message");
    assert_eq!(faults(&answers[1])[0].path, "/depends_on");
    assert_eq!(faults(&answers[0])[0].path, "/depends_on");
    assert!(world.store.jobs().is_empty());
}

#[tokio::test]
async fn two_jobs_of_a_bulk_cannot_share_a_name() {
    let world = World::new();
    let answers = world.submit_all(vec![named("a", &[]), named("a", &[])]).await;
    assert!(answers[0].is_ok());
    assert_eq!(faults(&answers[1])[0].path, "/ref");
}

#[tokio::test]
async fn an_unknown_job_type_is_told_which_exist() {
    let world = World::new();
    let answers =
        world.submit_all(vec![draft_with(|spec| spec.job_type = "ecco".to_owned())]).await;
    let error = answers[0].as_ref().unwrap_err().to_string();
    assert!(error.contains("ecco") && error.contains("echo"), "{error}");
}

#[tokio::test]
async fn the_same_key_with_the_same_body_is_the_same_job() {
    let world = World::new();
    let first = world.submit(keyed("k", 1)).await;
    let answers = world.submit_all(vec![keyed("k", 1), keyed("k", 2), keyed("other", 1)]).await;
    assert_eq!(id(&answers[0]), first);
    assert!(answers[0].as_ref().unwrap().existing);
    assert!(matches!(answers[1], Err(EngineError::KeyTaken(owner)) if owner == first));
    assert_ne!(id(&answers[2]), first);
    assert_eq!(world.store.jobs().len(), 2);
}

#[tokio::test]
async fn a_dependent_of_a_repeated_submission_depends_on_the_job_that_there_is() {
    let world = World::new();
    let first = world.submit(keyed("k", 1)).await;
    let mut repeated = keyed("k", 1);
    repeated.reference = Some("a".to_owned());
    let answers = world.submit_all(vec![named("b", &["a"]), repeated]).await;
    assert_eq!(world.job(id(&answers[0])).await.spec.depends_on, [first]);
}

#[tokio::test]
async fn keys_of_different_tenants_never_meet() {
    let world = World::new();
    let ours = world.submit(keyed("k", 1)).await;
    let stranger: TenantId = "stranger".parse().unwrap();
    let answers = world.jobs().submit(&stranger, vec![keyed("k", 2)]).await;
    assert_ne!(id(&answers[0]), ours);
}
