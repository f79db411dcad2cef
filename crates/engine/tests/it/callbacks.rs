//! What users' servers are told, and for how long.

use std::time::Duration;

use agent_runner_domain::job::{CALLBACK_TRIES_MAX, Verdict};
use serde_json::{Value, json};

use crate::world::{World, draft_with};

async fn ended_job(world: &World) -> agent_runner_domain::JobId {
    let url = Some("https://example.org/hook".to_owned());
    let id = world.submit(draft_with(|spec| spec.callback_url = url)).await;
    world.settle().await;
    world.run(id, Verdict::Succeeded).await;
    world.settle().await;
    id
}

#[tokio::test]
async fn the_end_of_a_job_is_told_once_with_its_result() {
    let world = World::new();
    let id = ended_job(&world).await;
    world.advance(Duration::from_hours(100)).await;
    let deliveries = world.receiver.mailbox().deliveries.clone();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].id, format!("evt_{id}_1"));
    let body: Value = serde_json::from_str(deliveries[0].body.get()).unwrap();
    assert_eq!(body["type"], "job.finished");
    assert_eq!(body["data"]["status"], "SUCCEEDED");
    assert_eq!(body["data"]["result"], json!({"of": id}));
}

#[tokio::test]
async fn a_refused_callback_is_repeated_under_one_id_until_the_tries_are_spent() {
    let world = World::new();
    world.receiver.mailbox().refuses = true;
    ended_job(&world).await;
    for _ in 0..200 {
        world.advance(Duration::from_hours(1)).await;
    }
    let deliveries = world.receiver.mailbox().deliveries.clone();
    assert_eq!(deliveries.len(), usize::try_from(CALLBACK_TRIES_MAX).unwrap());
    assert!(deliveries.iter().all(|delivery| delivery == &deliveries[0]));
}

#[tokio::test]
async fn a_receiver_that_comes_back_is_told() {
    let world = World::new();
    world.receiver.mailbox().refuses = true;
    let id = ended_job(&world).await;
    world.receiver.mailbox().refuses = false;
    world.advance(Duration::from_secs(5)).await;
    assert_eq!(world.receiver.mailbox().deliveries.len(), 2);
    assert!(world.job(id).await.chores.callback.is_none());
}
