//! Real processes, really killed: the server and its workers get SIGKILL at random while jobs come in.
//! Afterwards every job that was accepted has ended exactly once, with its result, and nothing is left running.
//!
//! `AGENT_RUNNER_CHAOS_SEED=7 cargo test -p agent-runner --test chaos -- --nocapture` repeats a run's choices.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test says by panicking what it expected")]

mod api;
mod processes;
mod server;

use std::time::{Duration, Instant};

use agent_runner_domain::JobId;
use serde_json::{Value, json};

use crate::{processes::Random, server::Server};

const JOBS: usize = 160;
const SERVER_KILLS: usize = 6;
const WORKER_KILLS: usize = 20;
/// Long enough for lost launches and silent workers to be noticed several times over.
const PATIENCE: Duration = Duration::from_mins(4);

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_job_ends_exactly_once_whatever_is_killed() {
    let mut random = Random::from_environment();
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(data.path());
    let mut accepted = Vec::new();
    let (mut server_kills, mut worker_kills) = (0, 0);
    for number in 0..JOBS {
        accepted.push((number, submit(&mut server, number, &mut random).await));
        if random.one_in(JOBS / WORKER_KILLS)
            && processes::kill_one_worker(data.path(), &mut random)
        {
            worker_kills += 1;
        }
        if random.one_in(JOBS / SERVER_KILLS) {
            server.kill_and_restart();
            server_kills += 1;
        }
        tokio::time::sleep(Duration::from_millis(random.below(40))).await;
    }
    server.kill_and_restart();
    println!("killed the server {} times and {worker_kills} workers", server_kills + 1);
    for (number, id) in &accepted {
        check_end(&server, *number, *id).await;
    }
    server.stop();
    wait_until_nothing_runs(data.path()).await;
}

/// Until some server has accepted it; the key makes the repetitions one job.
async fn submit(server: &mut Server, number: usize, random: &mut Random) -> JobId {
    let (job_type, payload) = if number.is_multiple_of(4) {
        let script = format!("sleep 0.{}; echo job {number}", random.below(5));
        ("command", json!({"program": "sh", "args": ["-c", script]}))
    } else {
        ("echo", json!({"message": format!("job {number}"), "delay_ms": random.below(400)}))
    };
    let key = format!("chaos-{number}");
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(id) = api::submit(&server.url, &key, job_type, &payload).await {
            return id;
        }
        assert!(Instant::now() < end, "job {number} was never accepted");
        server.restart_if_dead();
    }
}

async fn check_end(server: &Server, number: usize, id: JobId) {
    let end = Instant::now() + PATIENCE;
    let job = loop {
        let job = api::wait(&server.url, id).await;
        if job["finished_at"].is_string() {
            break job;
        }
        assert!(Instant::now() < end, "job {number} never ended: {job}");
    };
    assert_eq!(job["status"], "SUCCEEDED", "job {number}: {job}");
    let result = api::result(&server.url, id).await;
    let told = format!("job {number}");
    if number.is_multiple_of(4) {
        assert_eq!(result["stdout"], format!("{told}\n"), "{result}");
    } else {
        assert_eq!(result["echoed_message"], told, "{result}");
    }
    check_log(&api::events(&server.url, id).await, id);
}

/// Numbers without a gap, and one end, which is the last state.
fn check_log(events: &[Value], id: JobId) {
    let numbers: Vec<_> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    let expected: Vec<_> = (1..=events.len() as u64).collect();
    assert_eq!(numbers, expected, "{id}");
    let states: Vec<_> = events.iter().filter_map(|event| event["status"].as_str()).collect();
    let ends = states.iter().filter(|state| **state == "SUCCEEDED").count();
    assert_eq!((ends, states.last()), (1, Some(&"SUCCEEDED")), "{id}: {states:?}");
}

async fn wait_until_nothing_runs(data: &std::path::Path) {
    let end = Instant::now() + PATIENCE;
    while !processes::workers(data).is_empty() {
        assert!(Instant::now() < end, "workers are left: {:?}", processes::workers(data));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
