//! Looking at tasks: in batches, by the right container, and with patience for what is not there.

use std::time::Duration;

use agent_runner_aws::launcher::LauncherConfig;
use agent_runner_domain::{
    job::{LaunchRef, LaunchView},
    ports::{Launcher, RunningLaunch},
};
use serde_json::json;

use super::{
    fake::{Fake, Life, config},
    launching::{attempt, order},
};

const LONG: Duration = Duration::from_secs(5);

#[tokio::test]
async fn failure_mode_02_many_jobs_are_looked_at_in_few_calls() {
    const MANY: u32 = 250;
    let fake = Fake::start().await;
    let launcher = fake.launcher(LauncherConfig { look_every: Duration::from_mins(1), ..config() });
    let adopt = |number: u32| {
        let order = order(number.into());
        let arn = fake.world().tasks.start("f", &format!("{}/3", order.key.job));
        RunningLaunch { key: order.key, launch: LaunchRef(arn) }
    };
    launcher.adopt((0..MANY).map(adopt).collect()).await.unwrap();
    assert!(launcher.ended(Duration::from_millis(300)).await.unwrap().is_empty());
    assert_eq!(fake.calls("DescribeTasks").len(), 3, "a hundred a call");
    let keys: Vec<_> = (0..MANY).map(|number| (order(number.into()).key, None)).collect();
    let views = launcher.observe(&keys).await.unwrap();
    assert!(views.iter().all(|view| *view == LaunchView::Running));
    assert_eq!(fake.calls("DescribeTasks").len(), 6);
    assert_eq!(launcher.running().await.unwrap().len(), MANY as usize);
    assert_eq!(fake.calls("DescribeTasks").len(), 6, "own tasks are known by name");
}

#[tokio::test]
async fn failure_mode_14_a_missing_task_is_unknown_at_first_and_gone_later() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let name = launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    fake.world().tasks.hidden = true;
    let seen = [(order(1).key, name.clone())];
    assert_eq!(launcher.observe(&seen).await.unwrap(), [LaunchView::Unknown]);
    let stopped = launcher.stop(order(1).key, name.as_ref(), LONG).await.unwrap();
    assert_eq!(stopped, LaunchView::Unknown, "StopTask does not find it either");
    fake.world().tasks.hidden = false;
    assert_eq!(launcher.observe(&seen).await.unwrap(), [LaunchView::Running], "it was only fresh");
    fake.world().tasks.hidden = true;
    let ended = launcher.ended(LONG).await.unwrap().remove(0);
    assert_eq!(ended.exit.evidence.stop_code.as_deref(), Some("MISSING"));
    assert_eq!(launcher.observe(&seen).await.unwrap(), [LaunchView::Gone(ended.exit)]);
}

#[tokio::test]
async fn failure_mode_16_the_exit_code_is_the_workers_and_no_sidecars() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    launcher.launch(vec![attempt(1, 2)]).await.remove(0).unwrap();
    let ended = launcher.ended(LONG).await.unwrap().remove(0);
    assert_eq!(ended.exit.evidence.exit_code, Some(3), "the agent beside it exited with 0");
}

#[tokio::test]
async fn failure_mode_17_out_of_memory_is_seen_by_code_and_by_reason() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    fake.world().tasks.all[0].life = Life::Stopped(json!({
        "stopCode": "EssentialContainerExited",
        "containers": [{"name": "worker", "exitCode": 137,
            "reason": "OutOfMemoryError: Container killed due to memory usage"}],
    }));
    let ended = launcher.ended(LONG).await.unwrap().remove(0);
    assert!(ended.exit.out_of_memory && !ended.exit.interrupted);
}

#[tokio::test]
async fn failure_mode_18_a_reclaimed_spot_task_is_an_interruption() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    fake.world().tasks.all[0].life = Life::Stopped(json!({
        "stopCode": "SpotInterruption", "stoppedReason": "Your Spot Task was interrupted.",
        "containers": [{"name": "worker", "exitCode": 143}],
    }));
    let ended = launcher.ended(LONG).await.unwrap().remove(0);
    assert!(ended.exit.interrupted && !ended.exit.out_of_memory);
}

#[tokio::test]
async fn failure_mode_19_tasks_of_unknown_jobs_are_seen_and_can_be_stopped() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(LauncherConfig { max_running: Some(5), ..config() });
    fake.world().tasks.start("n-orchestrator", "ecs-svc/123");
    let orphan = order(9);
    let arn = fake.world().tasks.start("f", &format!("{}/3", orphan.key.job));
    let running = launcher.running().await.unwrap();
    assert_eq!(running, [RunningLaunch { key: orphan.key, launch: LaunchRef(arn.clone()) }]);
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 4, "it takes room of everybody's");
    launcher.stop(orphan.key, Some(&running[0].launch), LONG).await.unwrap();
    assert_eq!(fake.calls("StopTask")[0]["task"], arn);
    let nameless = order(10);
    fake.world().tasks.start("f", &format!("{}/3", nameless.key.job));
    let view = launcher.stop(nameless.key, None, LONG).await.unwrap();
    assert_eq!(view, LaunchView::Running, "found by who started it");
}

#[tokio::test]
async fn failure_mode_20_a_new_orchestrator_adopts_by_arn_and_kills_nothing() {
    let fake = Fake::start().await;
    let first = fake.launcher(config());
    let name = first.launch(vec![order(1)]).await.remove(0).unwrap().unwrap();
    drop(first);
    let second = fake.launcher(config());
    let launch = RunningLaunch { key: order(1).key, launch: name };
    second.adopt(vec![launch.clone()]).await.unwrap();
    assert_eq!(second.running().await.unwrap(), std::slice::from_ref(&launch));
    assert!(fake.calls("StopTask").is_empty());
    second.stop(launch.key, Some(&launch.launch), LONG).await.unwrap();
    assert_eq!(second.ended(LONG).await.unwrap()[0].key, launch.key);
}

#[tokio::test]
async fn failure_mode_24_a_task_whose_image_is_still_pulled_is_not_gone() {
    let fake = Fake::start().await;
    let launcher = fake.launcher(config());
    let name = launcher.launch(vec![attempt(1, 5)]).await.remove(0).unwrap();
    let view = launcher.observe(&[(attempt(1, 5).key, name)]).await.unwrap();
    assert_eq!(view, [LaunchView::Running]);
    assert!(launcher.ended(Duration::from_millis(200)).await.unwrap().is_empty());
    assert!(launcher.terms().launch() >= Duration::from_mins(5), "a pull may take minutes");
}
