//! What attempts leave to those after them, and what they may read.

use agent_runner_domain::{
    JobId, RawJson, TenantId,
    ports::{ArtifactName, LinkError, Secret, WorkerLink},
};
use agent_runner_engine::gateway::GatewayLink;
use agent_runner_testkit::MemorySecrets;
use serde_json::json;

use crate::world::{World, draft};

async fn running(world: &World) -> (JobId, GatewayLink) {
    let id = world.submit(draft()).await;
    world.settle().await;
    (id, world.running(id).await)
}

fn name(text: &str) -> ArtifactName {
    text.parse().unwrap()
}

#[tokio::test]
async fn steps_outlive_their_attempt() {
    let world = World::new();
    let (id, old) = running(&world).await;
    let value = |number: u32| RawJson::from(&json!({"n": number}));
    old.record_step("plan", value(1)).await.unwrap();
    old.record_step("plan", value(2)).await.unwrap();
    world.lose_worker(id).await;
    assert!(matches!(old.record_step("late", value(3)).await, Err(LinkError::LeaseLost)));
    assert!(matches!(old.steps().await, Err(LinkError::LeaseLost)));
    let new = world.running(id).await;
    new.record_step("next", value(4)).await.unwrap();
    let expected = [("plan".to_owned(), value(1)), ("next".to_owned(), value(4))];
    assert_eq!(new.steps().await.unwrap(), expected);
}

#[tokio::test]
async fn steps_that_are_too_large_or_nameless_are_refused() {
    let world = World::new();
    let (_, worker) = running(&world).await;
    let large = || RawJson::from(&json!("x".repeat(8 << 20)));
    for (key, value) in [("", json!(1)), (&*"k".repeat(201), json!(1))] {
        let answer = worker.record_step(key, RawJson::from(&value)).await;
        assert!(matches!(answer, Err(LinkError::Refused(_))));
    }
    let Err(LinkError::Refused(text)) = worker.record_step("large", large()).await else {
        panic!("it is too large");
    };
    assert!(text.contains("\"large\"") && text.contains("8388608"), "{text}");
    assert_eq!(worker.steps().await.unwrap(), []);
}

#[tokio::test]
async fn a_setting_is_handed_out_by_its_name_while_the_attempt_holds() {
    let world = World::new();
    let (id, worker) = running(&world).await;
    let found = worker.setting("SOME_KEY").await.unwrap();
    assert_eq!(found.as_ref().map(Secret::reveal), Some("sk-1"));
    let unset = format!("{}KEY", MemorySecrets::OPEN);
    assert_eq!(worker.setting(&unset).await.unwrap(), None);
    let Err(LinkError::Refused(text)) = worker.setting("HOME").await else {
        panic!("it may not be asked for");
    };
    assert!(text.contains("HOME"), "{text}");
    world.lose_worker(id).await;
    assert!(matches!(worker.setting("SOME_KEY").await, Err(LinkError::LeaseLost)));
}

#[tokio::test]
async fn a_file_is_read_as_the_newest_attempt_left_it() {
    let world = World::new();
    let (id, first) = running(&world).await;
    first.put_artifact(&name("out/a.txt"), b"one".into()).await.unwrap();
    first.put_artifact(&name("b.txt"), b"b".into()).await.unwrap();
    world.lose_worker(id).await;
    let second = world.running(id).await;
    second.put_artifact(&name("out/a.txt"), b"two".into()).await.unwrap();
    let (_, reader) = running(&world).await;
    let read = async |file| reader.get_artifact(id, &name(file)).await.unwrap();
    assert_eq!(read("out/a.txt").await.as_deref(), Some(&b"two"[..]));
    assert_eq!(read("b.txt").await.as_deref(), Some(&b"b"[..]));
    assert_eq!(read("c.txt").await, None);
    assert_eq!(reader.get_artifact(JobId::from_u128(7), &name("b.txt")).await.unwrap(), None);
    assert!(matches!(first.get_artifact(id, &name("b.txt")).await, Err(LinkError::LeaseLost)));
}

#[tokio::test]
async fn files_of_other_tenants_do_not_exist() {
    let world = World::new();
    let (id, worker) = running(&world).await;
    worker.put_artifact(&name("a.txt"), b"one".into()).await.unwrap();
    let stranger: TenantId = "stranger".parse().unwrap();
    let submitted = world.jobs().submit(&stranger, vec![draft()]).await.remove(0).unwrap();
    let others = World { tenant: stranger, ..world };
    others.settle().await;
    let reader = others.running(submitted.job.id).await;
    assert_eq!(reader.get_artifact(id, &name("a.txt")).await.unwrap(), None);
}
