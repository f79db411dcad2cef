//! Launches that fail, and what is made of it.

use std::time::Duration;

use agent_runner_aws::{launcher::LauncherConfig, quotas::Quotas};
use agent_runner_domain::{
    job::{LaunchFailureKind, LaunchView, Resources},
    ports::{LaunchOrder, Launcher},
};
use serde_json::json;

use super::{
    fake::{Fake, Life, Plan, config},
    launching::{attempt, order},
};

const RATE_EXCEEDED: &str = "Error retrieving security group information for [sg-1]: Rate exceeded";

#[tokio::test]
async fn failure_mode_01_a_throttle_in_disguise_is_waited_out() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    fake.plan(
        "RunTask",
        [
            Plan::refusal("InvalidParameterException", RATE_EXCEEDED),
            Plan::refusal("ThrottlingException", "Rate exceeded"),
        ],
    );
    assert!(launcher.launch(vec![order(1)]).await.remove(0).is_ok());
    assert_eq!(fake.calls("RunTask").len(), 3);
    assert_eq!(fake.world().tasks.all.len(), 1);
}

#[tokio::test]
async fn failure_mode_01_throttles_without_end_cost_nobody_an_attempt() {
    let fake = Fake::start().await;
    let throttle = Plan::refusal("InvalidParameterException", RATE_EXCEEDED);
    fake.plan("RunTask", std::iter::repeat_n(throttle, 20));
    let failure = fake.launcher(config()).launch(vec![order(1)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Capacity);
    assert!(failure.message.contains("Rate exceeded"), "{}", failure.message);
}

#[tokio::test]
async fn failure_mode_08_spot_without_room_gives_way_to_on_demand() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let short = "Capacity is unavailable at this time. Please try again later or in a different availability zone";
    fake.plan("RunTask", [Plan::Failure { reason: "RESOURCE:CPU", detail: short }]);
    let wish = Resources { spot: Some(true), ..Resources::default() };
    let spot = |job| LaunchOrder { resources: wish, ..order(job) };
    assert!(launcher.launch(vec![spot(1)]).await.remove(0).is_ok());
    let calls = fake.calls("RunTask");
    assert_eq!(calls[0]["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE_SPOT");
    assert_eq!(calls[1]["launchType"], "FARGATE");
    assert_ne!(calls[0]["clientToken"], calls[1]["clientToken"]);
    // The next job does not find it out for itself.
    assert!(launcher.launch(vec![spot(2)]).await.remove(0).is_ok());
    assert_eq!(fake.calls("RunTask").len(), 3);
}

#[tokio::test]
async fn failure_mode_08_no_room_anywhere_is_capacity_after_zones_and_sizes() {
    let fake = Fake::start().await;
    let full = Plan::Failure { reason: "RESOURCE:MEMORY", detail: "" };
    fake.plan("RunTask", std::iter::repeat_n(full, 10));
    let launcher = fake.launcher(LauncherConfig { max_running: Some(5), ..config() });
    let failure = launcher.launch(vec![order(1)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Capacity);
    let tried: Vec<_> = fake
        .calls("RunTask")
        .iter()
        .map(|call| {
            let network = &call["networkConfiguration"]["awsvpcConfiguration"]["subnets"];
            (call["taskDefinition"].clone(), network.clone())
        })
        .collect();
    let (small, medium) = (json!("n-worker-small-arm64"), json!("n-worker-medium-arm64"));
    let all = json!(["subnet-a", "subnet-b"]);
    assert_eq!(
        tried,
        [
            (small.clone(), all.clone()),
            (small.clone(), json!(["subnet-a"])),
            (small, json!(["subnet-b"])),
            (medium, all),
        ]
    );
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 0, "others need not find it out");
    assert_eq!(launcher.free_slots(Duration::from_secs(5)).await, 1, "one may try again");
}

#[tokio::test]
async fn failure_mode_08_after_an_uncertain_call_no_other_machine_is_tried() {
    let fake = Fake::start().await;
    let down = Plan::Error { status: 500, code: "ServerException", message: "down" };
    let full = Plan::Failure { reason: "RESOURCE:CPU", detail: "" };
    fake.plan("RunTask", [down, full]);
    let failure = fake.launcher(config()).launch(vec![order(1)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Transient);
    assert_eq!(fake.calls("RunTask").len(), 2);
}

#[tokio::test]
async fn failure_mode_09_a_lasting_refusal_ends_its_job_and_holds_the_others_back() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let missing = "Unable to find task definition: n-worker-small-arm64";
    fake.plan("RunTask", [Plan::refusal("ClientException", missing)]);
    let failure = launcher.launch(vec![order(1)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Permanent);
    assert!(failure.message.contains(missing), "{}", failure.message);
    let held = launcher.launch(vec![order(2)]).await.remove(0).unwrap_err();
    assert_eq!(held.kind, LaunchFailureKind::Capacity);
    assert!(held.message.contains("held back") && held.message.contains(missing));
    assert_eq!(fake.calls("RunTask").len(), 1, "nobody asked again");
}

#[tokio::test]
async fn failure_mode_09_the_try_after_a_pause_goes_on_demand_where_spot_has_no_room() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let missing = "Unable to find task definition: n-worker-small-arm64";
    let full = Plan::Failure { reason: "RESOURCE:CPU", detail: "" };
    fake.plan("RunTask", [Plan::refusal("ClientException", missing), full]);
    launcher.launch(vec![order(1)]).await.remove(0).unwrap_err();
    pass(Duration::from_secs(61)).await;
    let wish = Resources { spot: Some(true), ..Resources::default() };
    launcher.launch(vec![LaunchOrder { resources: wish, ..order(2) }]).await.remove(0).unwrap();
    let calls = fake.calls("RunTask");
    assert_eq!(calls[1]["capacityProviderStrategy"][0]["capacityProvider"], "FARGATE_SPOT");
    assert_eq!(calls[2]["launchType"], "FARGATE");
    assert_eq!(calls[2]["taskDefinition"], calls[0]["taskDefinition"]);
}

/// As if so much time had gone by.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn failure_mode_09_a_denial_that_names_a_resource_is_lasting() {
    let fake = Fake::start().await;
    let denied = "User: arn:aws:sts::1:assumed-role/o/i is not authorized to perform: iam:PassRole on resource: arn:aws:iam::1:role/worker because no identity-based policy allows the iam:PassRole action";
    fake.plan("RunTask", [Plan::refusal("AccessDeniedException", denied)]);
    let failure = fake.launcher(config()).launch(vec![order(1)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Permanent);
    assert!(failure.message.contains("iam:PassRole"), "{}", failure.message);
}

#[tokio::test]
async fn failure_mode_08_a_machine_beyond_the_whole_quota_never_fits() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(LauncherConfig {
        quotas: Some(Quotas { on_demand: 6.0, spot: 0.0 }),
        ..config()
    });
    let wish = Resources { cpu_units: Some(8 * 1_024), ..Resources::default() };
    let large = LaunchOrder { resources: wish, ..order(1) };
    let failure = launcher.launch(vec![large]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Permanent);
    let said = "machine has 16 processors, and the account's quota of Fargate is 6: ";
    assert!(failure.message.contains(said), "{}", failure.message);
    launcher.launch(vec![order(2)]).await.remove(0).unwrap();
    assert_eq!(fake.calls("RunTask").len(), 1, "others are not held back");
}

#[tokio::test]
async fn failure_mode_09_a_task_that_can_never_start_holds_its_family_back() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(LauncherConfig { max_running: Some(5), ..config() });
    launcher.launch(vec![attempt(1, 5)]).await.remove(0).unwrap();
    fake.world().tasks.all[0].life = Life::Stopped(json!({
        "stopCode": "TaskFailedToStart", "containers": [],
        "stoppedReason": "CannotPullContainerError: n/worker@sha256:1: not found",
    }));
    let ended = launcher.ended(Duration::from_secs(5)).await.unwrap().remove(0);
    assert!(ended.exit.lasting);
    let held = launcher.launch(vec![order(2)]).await.remove(0).unwrap_err();
    assert_eq!(held.kind, LaunchFailureKind::Capacity);
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 5);
}

#[tokio::test]
async fn failure_mode_06_a_task_that_failed_to_start_has_no_containers_and_an_end() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let name = launcher.launch(vec![attempt(1, 5)]).await.remove(0).unwrap();
    fake.world().tasks.all[0].life = Life::Stopped(json!({
        "stopCode": "TaskFailedToStart", "containers": [],
        "stoppedReason": "Timeout waiting for network interface provisioning to complete.",
    }));
    let views = fake.launcher(config()).observe(&[(attempt(1, 5).key, name)]).await.unwrap();
    let LaunchView::Gone(exit) = &views[0] else { panic!("{views:?}") };
    assert_eq!(exit.evidence.stop_code.as_deref(), Some("TaskFailedToStart"));
    assert!(!exit.lasting && exit.evidence.exit_code.is_none());
    assert!(exit.reason.as_ref().unwrap().contains("network interface"));
    let ended = launcher.ended(Duration::from_secs(5)).await.unwrap().remove(0);
    assert_eq!(ended.exit, *exit);
}

/// However long nobody answers: a job's own tries and those of the infrastructure are bounded, an outage is not.
#[tokio::test]
async fn an_outage_costs_nobody_an_attempt_and_few_calls() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(LauncherConfig { max_running: Some(5), ..config() });
    let down = Plan::Error { status: 500, code: "ServerException", message: "down" };
    fake.plan("RunTask", std::iter::repeat_n(down.clone(), 10));
    fake.plan("ListTasks", std::iter::repeat_n(down, 100));
    for at in 1..=2 {
        let failure = launcher.launch(vec![order(at)]).await.remove(0).unwrap_err();
        assert_eq!(failure.kind, LaunchFailureKind::Capacity);
        assert!(failure.message.contains("no good answer"), "{}", failure.message);
    }
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 0, "others need not find it out");
    assert_eq!(launcher.free_slots(Duration::from_secs(5)).await, 1, "one may try again");
    launcher.launch(vec![order(3)]).await.remove(0).unwrap();
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 4, "it is over");
}

/// Whoever looks at all that runs finds what was started unheard, and can stop it.
#[tokio::test]
async fn what_an_outage_has_hidden_is_seen_among_all_that_runs() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let down = Plan::Error { status: 500, code: "ServerException", message: "down" };
    fake.plan("RunTask", std::iter::repeat_n(Plan::LostReply, 5));
    fake.plan("ListTasks", std::iter::repeat_n(down, 5));
    let failure = launcher.launch(vec![order(1)]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Capacity);
    let running = launcher.running().await.unwrap();
    assert_eq!(running.len(), 1, "one token, one task: {running:?}");
    assert_eq!(running[0].key, order(1).key);
}
