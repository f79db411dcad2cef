//! One task per attempt, whatever is said twice or not heard.

use std::time::Duration;

use agent_runner_aws::{launcher::LauncherConfig, quotas::Quotas};
use agent_runner_domain::{
    JobId, Lease, RawJson,
    job::{Architecture, LaunchFailureKind, Resources},
    ports::{JobStore, LaunchKey, LaunchOrder, Launcher},
};
use agent_runner_testkit::{Samples, memory::MemoryStore};
use serde_json::json;

use super::fake::{Fake, Plan, config};

/// Of a job whose worker runs until it is stopped.
pub(crate) fn order(job: u128) -> LaunchOrder {
    attempt(job, 3)
}

/// The number of the attempt says how its stand-in behaves.
pub(crate) fn attempt(job: u128, attempt: u32) -> LaunchOrder {
    LaunchOrder {
        key: LaunchKey { job: JobId::from_u128(job), attempt },
        lease: Lease::from_u128(job + 77),
        job_type: "stand-in".into(),
        resources: Resources::default(),
    }
}

#[tokio::test]
async fn failure_mode_03_a_launch_names_a_family_and_registers_nothing() {
    let fake = Fake::start().await;
    let wish = Resources {
        cpu_units: Some(1_024),
        architecture: Some(Architecture::X86_64),
        ..Resources::default()
    };
    let order = LaunchOrder { resources: wish, ..order(1) };
    fake.launcher(config()).launch(vec![order]).await.remove(0).unwrap();
    let call = &fake.calls("RunTask")[0];
    assert_eq!(call["taskDefinition"], "n-worker-medium-x86_64");
    assert_eq!(call["propagateTags"], "TASK_DEFINITION");
    assert_eq!(fake.world().calls.len(), 1, "one call a launch");
}

#[tokio::test]
async fn failure_mode_04_a_large_payload_is_not_part_of_the_overrides() {
    let fake = Fake::start().await;
    let (store, samples) = (MemoryStore::default(), Samples::default());
    let mut new = samples.job();
    new.payload = RawJson::from(&json!({"message": "x".repeat(1 << 20)}));
    let id = new.job.id;
    store.insert(vec![new]).await.unwrap();
    assert!(store.payload(id).await.unwrap().unwrap().get().len() > 1 << 20);
    let order = LaunchOrder { key: LaunchKey { job: id, attempt: u32::MAX }, ..order(1) };
    fake.launcher(config()).launch(vec![order]).await.remove(0).unwrap();
    let call = &fake.calls("RunTask")[0];
    assert!(call["overrides"].to_string().len() < 512, "8,192 are allowed");
}

#[tokio::test]
async fn failure_mode_22_overrides_hold_the_order_and_no_secret() {
    let fake = Fake::start().await;
    let order = order(1);
    fake.launcher(config()).launch(vec![order.clone()]).await.remove(0).unwrap();
    let call = &fake.calls("RunTask")[0];
    assert_eq!(
        call["overrides"],
        json!({"containerOverrides": [{"name": "worker", "environment": [
            {"name": "JOB_ID", "value": order.key.job.to_string()},
            {"name": "JOB_ATTEMPT", "value": "3"},
            {"name": "JOB_LEASE", "value": order.lease.reveal()},
        ]}]})
    );
    assert_eq!(
        call["networkConfiguration"]["awsvpcConfiguration"],
        json!({"subnets": ["subnet-a", "subnet-b"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"})
    );
}

#[tokio::test]
async fn failure_mode_10_a_launch_whose_reply_was_lost_is_found_and_not_repeated() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    fake.plan("RunTask", [Plan::LostReply]);
    let name = launcher.launch(vec![order(1)]).await.remove(0).unwrap().unwrap();
    assert_eq!(fake.world().tasks.all.len(), 1);
    assert_eq!(name.0, fake.world().tasks.all[0].arn);
    assert_eq!(fake.calls("RunTask").len(), 1, "it was looked for first");
    assert_eq!(launcher.launch(vec![order(1)]).await.remove(0), Ok(Some(name)));
}

#[tokio::test]
async fn failure_mode_10_the_token_holds_where_the_task_is_not_seen_yet() {
    let fake = Fake::start().await;
    fake.plan("RunTask", [Plan::LostReply, Plan::LostReply]);
    let lost = Plan::Error { status: 500, code: "ServerException", message: "no" };
    fake.plan("ListTasks", [lost.clone(), lost.clone(), lost]);
    fake.launcher(config()).launch(vec![order(1)]).await.remove(0).unwrap();
    let tokens: Vec<_> =
        fake.calls("RunTask").iter().map(|call| call["clientToken"].clone()).collect();
    assert_eq!(tokens.len(), 3);
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(fake.world().tasks.all.len(), 1);
}

#[tokio::test]
async fn failure_mode_10_another_attempt_is_another_task_and_a_dead_one_is_told() {
    let fake = Fake::start().await;
    let first = fake.launcher(config());
    let one = first.launch(vec![attempt(1, 1)]).await.remove(0).unwrap();
    let two = first.launch(vec![attempt(1, 2)]).await.remove(0).unwrap();
    assert_ne!(one, two);
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Another orchestrator that asks for the same attempt again gets the dead task, and says so.
    let second = fake.launcher(config());
    assert_eq!(second.launch(vec![attempt(1, 1)]).await.remove(0), Ok(one));
    let ended = second.ended(Duration::from_secs(5)).await.unwrap();
    assert_eq!(ended[0].key, attempt(1, 1).key);
    assert_eq!(fake.world().tasks.all.len(), 2);
}

#[tokio::test]
async fn failure_mode_10_a_token_that_was_used_otherwise_leads_to_its_task() {
    let fake = Fake::start().await;
    let name = fake.launcher(config()).launch(vec![order(1)]).await.remove(0);
    let moved = LauncherConfig { subnets: vec!["subnet-c".into()], ..config() };
    assert_eq!(fake.launcher(moved).launch(vec![order(1)]).await.remove(0), name);
    assert_eq!(fake.world().tasks.all.len(), 1);
}

#[tokio::test]
async fn the_quota_bounds_what_is_launched() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(LauncherConfig {
        quotas: Some(Quotas { on_demand: 6.0, spot: 0.0 }),
        ..config()
    });
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 24);
    let four = Resources { cpu_units: Some(4_096), ..Resources::default() };
    let large = |job| LaunchOrder { resources: four, ..order(job) };
    assert!(launcher.launch(vec![large(1)]).await.remove(0).is_ok());
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 8);
    let full = launcher.launch(vec![large(2)]).await.remove(0).unwrap_err();
    assert_eq!(full.kind, LaunchFailureKind::Capacity);
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 0, "others may be as large");
    assert!(launcher.launch(vec![order(3)]).await.remove(0).is_ok());
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 7);
}

#[tokio::test]
async fn machines_on_demand_and_on_spot_are_held_to_a_quota_each() {
    let fake = Fake::start().await;
    let quotas = Some(Quotas { on_demand: 1.0, spot: 0.5 });
    let launcher = fake.launcher(LauncherConfig { quotas, spot_default: true, ..config() });
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 6, "without Spot it is on demand");
    let resources = Resources { cpu_units: Some(1_024), spot: Some(false), ..Resources::default() };
    let on_demand = LaunchOrder { resources, ..order(1) };
    launcher.launch(vec![on_demand]).await.remove(0).expect("Spot's quota is none of its business");
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 2, "Spot has not lost any of its own");
    for spot in 2..=3 {
        launcher.launch(vec![order(spot)]).await.remove(0).unwrap();
    }
    let full = launcher.launch(vec![order(4)]).await.remove(0).unwrap_err();
    assert_eq!(full.kind, LaunchFailureKind::Capacity);
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 0);
    assert_eq!(fake.calls("RunTask").len(), 3, "what does not fit is not asked for");
}

#[tokio::test]
async fn a_job_that_finds_no_room_on_spot_takes_it_from_the_quota_of_machines_on_demand() {
    let fake = Fake::start().await;
    let quotas = Some(Quotas { on_demand: 0.25, spot: 8.0 });
    let launcher = fake.launcher(LauncherConfig { quotas, spot_default: true, ..config() });
    let full = Plan::Failure { reason: "RESOURCE:CPU", detail: "" };
    fake.plan("RunTask", [full]);
    launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    // Spot is passed over for a while, and on demand there is no quota left.
    let failure = launcher.launch(vec![order(2)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Capacity);
    assert_eq!(fake.calls("RunTask").len(), 2, "one on Spot, one on demand");
}

#[tokio::test]
async fn room_on_spot_is_not_offered_again_and_again_to_jobs_that_may_not_use_it() {
    let fake = Fake::start().await;
    let quotas = Some(Quotas { on_demand: 0.25, spot: 8.0 });
    let launcher = fake.launcher(LauncherConfig { quotas, spot_default: true, ..config() });
    let resources = Resources { spot: Some(false), ..Resources::default() };
    let on_demand = |job| LaunchOrder { resources, ..order(job) };
    launcher.launch(vec![on_demand(1)]).await.remove(0).unwrap();
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 32);
    let refused = launcher.launch((2..=9).map(on_demand).collect()).await;
    assert!(refused.iter().all(Result::is_err));
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 0, "the line is left alone");
    assert_eq!(launcher.free_slots(Duration::from_secs(5)).await, 1, "then one is tried");
    launcher.launch(vec![order(10)]).await.remove(0).unwrap();
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 31);
}

#[tokio::test]
async fn jobs_that_ask_for_spot_find_its_room_when_there_is_none_on_demand() {
    let fake = Fake::start().await;
    let quotas = Some(Quotas { on_demand: 0.25, spot: 8.0 });
    let launcher = fake.launcher(LauncherConfig { quotas, ..config() });
    launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 32);
}
