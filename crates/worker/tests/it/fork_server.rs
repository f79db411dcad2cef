//! Workers that are copies of one fork server.

use std::{fs, time::Duration};

use agent_runner_domain::{
    job::{LaunchFailureKind, LaunchRef},
    ports::Launcher,
};
use agent_runner_local::launcher::{LauncherConfig, ProcessLauncher, StartBy};
use agent_runner_process::{Identity, kill_all};
use serde_json::json;

use crate::{
    gateway::{Gateway, Script},
    launcher::{config, the_end},
};

fn launcher(gateway: &Gateway) -> ProcessLauncher {
    ProcessLauncher::new(LauncherConfig { start_by: StartBy::Fork, ..config(gateway) })
}

fn pid(launch: &LaunchRef) -> u32 {
    launch.0.parse::<Identity>().unwrap().pid()
}

fn parent(pid: u32) -> u32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:")).unwrap();
    line.trim().parse().unwrap()
}

fn slow() -> Script {
    Script::of("echo", json!({"message": "hi", "delay_ms": 60_000}))
}

#[tokio::test]
async fn each_copy_runs_one_job_and_how_it_exits_is_news() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi"})));
    let launcher = launcher(&gateway);
    let mut pids = Vec::new();
    for attempt in 1..4 {
        let mut order = gateway.order();
        order.key.attempt = attempt;
        let launch = launcher.launch(vec![order]).await.remove(0).unwrap();
        let ended = the_end(&launcher).await;
        assert_eq!((ended.key.attempt, ended.exit.evidence.exit_code), (attempt, Some(0)));
        assert_eq!(gateway.heard().launch, launch, "both name the process alike");
        pids.push(pid(&launch.unwrap()));
    }
    pids.dedup();
    assert_eq!(pids.len(), 3, "three processes");
    assert_eq!(gateway.result().await["echoed_message"], "hi");
}

#[tokio::test]
async fn a_copy_that_is_killed_ends_alone_and_its_signal_is_evidence() {
    let gateway = Gateway::start(slow());
    let launcher = launcher(&gateway);
    let (mut first, mut second) = (gateway.order(), gateway.order());
    (first.key.attempt, second.key.attempt) = (1, 2);
    let answers = launcher.launch(vec![first.clone(), second.clone()]).await;
    let names: Vec<_> = answers.into_iter().map(|launch| launch.unwrap().unwrap()).collect();
    kill_all(&[pid(&names[0])]);
    let ended = the_end(&launcher).await;
    assert_eq!((ended.key, ended.exit.evidence.signal), (first.key, Some(9)));
    launcher.stop(second.key, Some(&names[1]), Duration::from_secs(5)).await.unwrap();
    assert_eq!(the_end(&launcher).await.key, second.key);
}

#[tokio::test]
async fn copies_outlive_a_fork_server_that_is_killed_and_the_next_job_gets_another() {
    let gateway = Gateway::start(slow());
    let launcher = launcher(&gateway);
    let order = gateway.order();
    let launch = launcher.launch(vec![order.clone()]).await.remove(0).unwrap().unwrap();
    let server = parent(pid(&launch));
    kill_all(&[server]);
    let other = loop {
        let mut order = gateway.order();
        order.key.attempt = 2;
        if let Ok(Some(launch)) = launcher.launch(vec![order]).await.remove(0) {
            break launch;
        }
    };
    assert_ne!(parent(pid(&other)), server);
    assert_eq!(launcher.running().await.unwrap().len(), 2, "the first one goes on");
    launcher.stop(order.key, Some(&launch), Duration::from_secs(5)).await.unwrap();
    assert_eq!(the_end(&launcher).await.key, order.key, "its end is noticed without the server");
    kill_all(&[pid(&other)]);
}

#[tokio::test]
async fn copies_outlive_whoever_asked_for_them() {
    let gateway = Gateway::start(slow());
    let order = gateway.order();
    let launch = {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let launched = runtime.spawn({
            let (launcher, order) = (launcher(&gateway), order.clone());
            async move { launcher.launch(vec![order]).await.remove(0).unwrap().unwrap() }
        });
        let launch = launched.await.unwrap();
        runtime.shutdown_background();
        launch
    };
    let worker: Identity = launch.0.parse().unwrap();
    gateway.until(|heard| heard.launch.clone()).await;
    assert!(worker.is_alive());
    kill_all(&[worker.pid()]);
}

#[tokio::test]
async fn what_a_fork_server_says_before_it_dies_is_told() {
    let gateway = Gateway::start(slow());
    let link = "carrier pigeon".to_owned();
    let start_by = StartBy::Fork;
    let launcher = ProcessLauncher::new(LauncherConfig { link, start_by, ..config(&gateway) });
    let failure = launcher.launch(vec![gateway.order()]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Transient);
    assert!(failure.message.contains("carrier pigeon"), "{}", failure.message);
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 2);
}
