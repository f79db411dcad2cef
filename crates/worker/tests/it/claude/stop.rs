//! Workers that are told to stop in the middle of an answer, and how much they need while they listen.

use std::time::{Duration, Instant};

use agent_runner_domain::{Money, job::CauseKind};
use serde_json::json;

use super::{PACE, Site, text};
use crate::{gateway::Script, process::Worker};

fn long_talk() -> Script {
    Script::of("claude_chat", json!({"prompt": "2000 words", "max_tokens": 9000}))
}

#[tokio::test]
async fn a_terminated_worker_ends_the_call_at_once_and_counts_what_it_heard() {
    let site = Site::start_with(long_talk()).await;
    site.simulator.world().set_pace(PACE);
    let mut worker = Worker::start(&site.gateway);
    site.said(40).await;
    let begin = Instant::now();
    worker.terminate();
    assert_eq!(worker.code().await, Some(143));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert_eq!(site.gateway.failure().await.kind, CauseKind::Interrupted);
    let cost = site.gateway.cost().await;
    assert!(cost.spent > Money::ZERO && cost.held == Money::ZERO, "{cost:?}");
    let heard = text(&site.gateway.heard()).len() as u64;
    assert!((heard / 4..=heard).contains(&cost.tokens.output), "{heard} {cost:?}");
}

#[tokio::test]
async fn a_cancelled_job_pays_for_what_was_said() {
    let heartbeat = Duration::from_millis(100);
    let site = Site::start_with(Script { heartbeat, ..long_talk() }).await;
    site.simulator.world().set_pace(PACE);
    let mut worker = Worker::start(&site.gateway);
    site.said(40).await;
    site.gateway.say_stop();
    assert_eq!(worker.code().await, Some(75));
    let cost = site.gateway.cost().await;
    assert!(cost.spent > Money::ZERO && cost.held == Money::ZERO, "{cost:?}");
}

/// Its own memory; the program itself is shared by all workers.
#[tokio::test]
async fn a_worker_that_listens_needs_little_memory() {
    let site = Site::start_with(long_talk()).await;
    site.simulator.world().set_pace(PACE);
    let worker = Worker::start(&site.gateway);
    site.said(200).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", worker.child.id().unwrap()));
    let status = status.unwrap();
    let kilobytes = |name: &str| -> u64 {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    eprintln!("VmRSS {} kB, of it its own {} kB", kilobytes("VmRSS:"), kilobytes("RssAnon:"));
    assert!(kilobytes("RssAnon:") < 6 * 1024);
}
