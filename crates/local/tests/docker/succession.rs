//! Containers outlive the launcher that started them, and the next one needs nobody to tell it of them.

use std::time::Duration;

use agent_runner_domain::ports::{LaunchKey, RunningLaunch};

use crate::site::{LONG, Site, order};

/// Of the stand-in: runs until it is told to stop.
const RUNS: u32 = 3;
const FAILS: u32 = 2;

#[tokio::test]
async fn the_next_launcher_finds_what_runs_and_hears_its_end() {
    let site = Site::new();
    let first = site.launcher().await;
    let order = order(RUNS);
    let launch = first.launch(vec![order.clone()]).await.remove(0).unwrap().unwrap();
    drop(first);
    let next = site.launcher().await;
    assert_eq!(next.running().await.unwrap(), [RunningLaunch { key: order.key, launch }]);
    assert_eq!(next.free_slots(Duration::ZERO).await, 1);
    next.stop(order.key, None, LONG).await.unwrap();
    assert_eq!(next.ended(LONG).await.unwrap()[0].exit.evidence.exit_code, Some(0));
}

#[tokio::test]
async fn an_order_that_an_earlier_launcher_carried_out_starts_nothing() {
    let site = Site::new();
    let (first, order) = (site.launcher().await, order(RUNS));
    let launch = first.launch(vec![order.clone()]).await.remove(0).unwrap();
    let again = site.launcher().await.launch(vec![order.clone()]).await.remove(0).unwrap();
    assert_eq!(again, launch);
    first.stop(order.key, None, LONG).await.unwrap();
    first.ended(LONG).await.unwrap();
}

#[tokio::test]
async fn another_installations_workers_are_none_of_its_business() {
    let (site, order) = (Site::new(), order(RUNS));
    let launcher = site.launcher().await;
    launcher.launch(vec![order.clone()]).await.remove(0).unwrap();
    let other = Site::new().launcher().await;
    assert_eq!(other.running().await.unwrap(), []);
    launcher.stop(order.key, None, LONG).await.unwrap();
    launcher.ended(LONG).await.unwrap();
}

#[tokio::test]
async fn nothing_is_left_of_a_container_that_has_ended() {
    let site = Site::new();
    let (launcher, order) = (site.launcher().await, order(FAILS));
    launcher.launch(vec![order.clone()]).await.remove(0).unwrap();
    launcher.ended(LONG).await.unwrap();
    let LaunchKey { job, attempt } = order.key;
    let name = format!("agent-runner-{job}-{attempt}");
    let docker = bollard::Docker::connect_with_unix(
        site.config.socket.to_str().unwrap(),
        60,
        bollard::API_DEFAULT_VERSION,
    );
    let docker = docker.unwrap().negotiate_version().await.unwrap();
    assert!(docker.inspect_container(&name, None).await.is_err());
}
