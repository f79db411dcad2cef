//! The launcher with real workers.

use std::{
    ffi::OsString,
    time::{Duration, Instant},
};

use agent_runner_domain::{
    job::{LaunchFailureKind, LaunchView, Terms},
    ports::{Ended, Launcher, RunningLaunch},
};
use agent_runner_local::launcher::{LauncherConfig, ProcessLauncher, StartBy};
use serde_json::json;

use crate::{
    gateway::{Gateway, Script},
    process::PROGRAM,
};

pub(crate) fn config(gateway: &Gateway) -> LauncherConfig {
    LauncherConfig {
        program: vec![PROGRAM.into()],
        link: gateway.link(),
        environment: vec![("PATH".into(), OsString::from("/usr/local/bin:/usr/bin:/bin"))],
        work_dir: gateway.work_dir(),
        max_running: 2,
        warm: 0,
        start_by: StartBy::Exec,
        terms: Terms::default(),
    }
}

pub(crate) async fn the_end(launcher: &ProcessLauncher) -> Ended {
    launcher.ended(Duration::from_secs(20)).await.unwrap().pop().expect("an end")
}

#[tokio::test]
async fn a_launched_worker_runs_its_job_and_its_end_is_news() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi"})));
    let launcher = ProcessLauncher::new(config(&gateway));
    let launch = launcher.launch(vec![gateway.order()]).await.remove(0).unwrap();
    let ended = the_end(&launcher).await;
    assert_eq!((ended.key, ended.exit.evidence.exit_code), (gateway.order().key, Some(0)));
    assert_eq!(gateway.result().await["echoed_message"], "hi");
    assert_eq!(gateway.heard().launch, launch, "both name the process alike");
}

#[tokio::test]
async fn a_worker_that_stands_ready_is_used_and_replaced() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi"})));
    let launcher = ProcessLauncher::new(LauncherConfig { warm: 1, ..config(&gateway) });
    for attempt in 1..4 {
        let mut order = gateway.order();
        order.key.attempt = attempt;
        tokio::time::sleep(Duration::from_millis(50)).await;
        launcher.launch(vec![order]).await.remove(0).unwrap();
        if attempt == 1 {
            assert_eq!(the_end(&launcher).await.exit.evidence.exit_code, Some(0));
            assert_eq!(gateway.heard().requests.len(), 2);
        } else {
            the_end(&launcher).await;
        }
    }
}

#[tokio::test]
async fn a_worker_that_cannot_be_started_is_a_lasting_failure() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi"})));
    let program = vec![gateway.folder.path().join("no-such-worker").into()];
    let launcher = ProcessLauncher::new(LauncherConfig { program, ..config(&gateway) });
    let failure = launcher.launch(vec![gateway.order()]).await.remove(0).unwrap_err();
    assert_eq!(failure.kind, LaunchFailureKind::Permanent);
    assert!(failure.message.contains("no-such-worker"), "{}", failure.message);
    assert_eq!(launcher.free_slots(Duration::ZERO).await, 2);
}

#[tokio::test]
async fn what_a_broken_worker_says_is_evidence() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi"})));
    let link = "carrier pigeon".to_owned();
    let launcher = ProcessLauncher::new(LauncherConfig { link, ..config(&gateway) });
    launcher.launch(vec![gateway.order()]).await.remove(0).unwrap();
    let evidence = the_end(&launcher).await.exit.evidence;
    assert_eq!(evidence.exit_code, Some(64));
    assert!(evidence.stderr_tail.unwrap().contains("carrier pigeon"));
}

#[tokio::test]
async fn a_new_launcher_takes_over_what_runs() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi", "delay_ms": 60_000})));
    let order = gateway.order();
    let first = ProcessLauncher::new(config(&gateway));
    let launch = first.launch(vec![order.clone()]).await.remove(0).unwrap().unwrap();
    gateway.until(|heard| heard.launch.clone()).await;

    let second = ProcessLauncher::new(config(&gateway));
    let running = RunningLaunch { key: order.key, launch: launch.clone() };
    second.adopt(vec![running.clone()]).await.unwrap();
    assert_eq!(second.running().await.unwrap(), [running]);
    assert_eq!(second.free_slots(Duration::ZERO).await, 1);
    let seen = second.stop(order.key, Some(&launch), Duration::from_secs(5)).await.unwrap();
    assert_eq!(seen, LaunchView::Running);
    assert_eq!(the_end(&second).await.key, order.key);
    let seen = second.stop(order.key, Some(&launch), Duration::ZERO).await.unwrap();
    assert!(matches!(seen, LaunchView::Gone(_)));
}

/// Not a benchmark: it only notices when starting a worker has become a different thing.
#[tokio::test]
async fn starting_workers_is_cheap() {
    let gateway = Gateway::start(Script::of("echo", json!({"message": "hi"})));
    let launcher = ProcessLauncher::new(LauncherConfig { max_running: 300, ..config(&gateway) });
    let orders = (1..=200).map(|attempt| {
        let mut order = gateway.order();
        order.key.attempt = attempt;
        order
    });
    let begin = Instant::now();
    let answers = launcher.launch(orders.collect()).await;
    let each = begin.elapsed() / 200;
    assert!(answers.iter().all(Result::is_ok));
    eprintln!("{each:?} a launch");
    assert!(each < Duration::from_millis(20), "{each:?}");
    let mut ended = 0;
    while ended < 200 {
        ended += launcher.ended(Duration::from_secs(20)).await.unwrap().len();
    }
}
