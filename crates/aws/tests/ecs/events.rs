//! News of tasks: lost, doubled, late, and confirmed only when they are taken in.

use std::time::Duration;

use agent_runner_aws::launcher::LauncherConfig;
use agent_runner_domain::ports::{LaunchOrder, Launcher};
use serde_json::{Value, json};

use super::{
    fake::{Fake, config},
    launching::order,
};

const LONG: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(300);

fn event(order: &LaunchOrder, status: &str, version: u32) -> Value {
    json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "detail": {
            "taskArn": "arn:aws:ecs:eu-west-1:1:task/n/00000000",
            "taskDefinitionArn": "arn:aws:ecs:eu-west-1:1:task-definition/n-worker-small-arm64:7",
            "lastStatus": status, "version": version,
            "startedBy": format!("{}/{}", order.key.job, order.key.attempt),
            "stopCode": "EssentialContainerExited",
            "containers": [{"name": "worker", "exitCode": 0}],
        },
    })
}

/// Nothing is looked at, so that all news are events.
fn blind() -> LauncherConfig {
    LauncherConfig { look_every: Duration::from_hours(1), ..config() }
}

#[tokio::test]
async fn failure_mode_15_an_end_is_told_once_however_often_it_comes() {
    let fake = Fake::start().await;
    let launcher = fake.launcher_with_events(blind()).await;
    launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    for (status, version) in [("STOPPED", 5), ("RUNNING", 3), ("STOPPED", 5), ("STOPPED", 6)] {
        fake.world().queue.send(&event(&order(1), status, version));
    }
    let ended = launcher.ended(LONG).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].key, order(1).key);
    launcher.heard().await.unwrap();
    assert!(launcher.ended(SHORT).await.unwrap().is_empty());
    launcher.heard().await.unwrap();
    assert_eq!(fake.world().queue.len(), 0, "all messages are done with");
}

#[tokio::test]
async fn failure_mode_15_a_message_stays_until_its_news_are_taken_in() {
    let fake = Fake::start().await;
    let launcher = fake.launcher_with_events(blind()).await;
    launcher.launch(vec![order(1)]).await.remove(0).unwrap();
    fake.world().queue.send(&event(&order(1), "STOPPED", 5));
    assert_eq!(launcher.ended(LONG).await.unwrap().len(), 1);
    assert_eq!(fake.world().queue.len(), 1, "nobody has said that it is stored");
    fake.world().queue.deliver_again();
    assert_eq!(launcher.ended(LONG).await.unwrap().len(), 1, "it is told again");
    launcher.heard().await.unwrap();
    assert_eq!(fake.world().queue.len(), 0);
}

#[tokio::test]
async fn failure_mode_15_a_lost_event_is_made_good_by_looking() {
    let fake = Fake::start().await;
    let launcher = fake.launcher_with_events(config()).await;
    let name = launcher.launch(vec![order(1)]).await.remove(0).unwrap().unwrap();
    fake.world().tasks.find(&name.0).unwrap().stop();
    let ended = launcher.ended(LONG).await.unwrap();
    assert_eq!(ended[0].key, order(1).key);
    launcher.heard().await.unwrap();
    // The event comes late.
    fake.world().queue.send(&event(&order(1), "STOPPED", 5));
    assert!(launcher.ended(SHORT).await.unwrap().is_empty());
    launcher.heard().await.unwrap();
    assert_eq!(fake.world().queue.len(), 0);
}

#[tokio::test]
async fn failure_mode_15_events_of_other_orchestrators_launches_are_told_here() {
    let fake = Fake::start().await;
    let launcher = fake.launcher_with_events(blind()).await;
    fake.world().queue.send(&event(&order(7), "STOPPED", 5));
    assert_eq!(launcher.ended(LONG).await.unwrap()[0].key, order(7).key);
}
