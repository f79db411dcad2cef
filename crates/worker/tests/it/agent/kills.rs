//! Workers that are killed while their tools run, and those that come after them.

use serde_json::json;

use super::{agent, call, end, no_program_is_left, outputs, play, shell, tool_calls};
use crate::{command::nothing_is_left, process::Worker};

const TURNS: u32 = 4;

/// Every turn runs a command, and in every turn the worker is killed while it runs.
#[tokio::test]
async fn however_often_a_worker_is_killed_nothing_is_paid_or_run_twice() {
    let place = tempfile::tempdir().unwrap();
    let journal = place.path().join("journal");
    let step = |n: u32| shell(&format!("echo {n} >> {}; exec sleep 60", journal.display()));
    let turns = (1..=TURNS).map(step).chain([end()]).collect();
    let site = play(agent(json!(["run_command"])), turns).await;
    let written = || std::fs::read_to_string(&journal).unwrap_or_default();
    for n in 1..=TURNS {
        let mut worker = Worker::start(&site.gateway);
        site.gateway.until(|_| written().ends_with(&format!("{n}\n")).then_some(())).await;
        worker.kill();
        worker.end().await;
        no_program_is_left(&site.gateway).await;
        site.gateway.next_attempt();
    }
    let result = site.result().await;
    assert_eq!((&result["response"], &result["turns"]), (&json!("done"), &json!(TURNS + 1)));
    for (told, is_error) in outputs(&result) {
        assert!(is_error && told.contains("may or may not have taken effect"), "{told}");
    }
    assert_eq!(written(), "1\n2\n3\n4\n");
    assert_eq!(site.simulator.world().paid(), TURNS + 1);
    assert_eq!(site.gateway.cost().await.calls, u64::from(TURNS) + 1);
}

#[tokio::test]
async fn a_killed_loop_goes_on_with_its_files_and_its_answers() {
    let write = call("write_file", json!({"path": "artifacts/a.txt", "content": "kept"}));
    let more = shell("echo more > artifacts/b.txt");
    let hang = call("http_fetch", json!({"url": "http://127.0.0.1:1/"}));
    let read = shell("cat artifacts/a.txt artifacts/b.txt");
    let tools = json!(["write_file", "run_command", "http_fetch"]);
    let site =
        play(agent(tools), vec![write, more, shell("exec sleep 60"), read, hang, end()]).await;
    let mut worker = Worker::start(&site.gateway);
    site.gateway.until(|heard| (tool_calls(heard) == 3).then_some(())).await;
    worker.kill();
    worker.end().await;
    no_program_is_left(&site.gateway).await;

    site.gateway.next_attempt();
    let result = site.result().await;
    let told = outputs(&result);
    assert_eq!(told[3].0, "exit code 0\n--- stdout\nkeptmore\n");
    assert_eq!((told.len(), site.simulator.world().paid()), (5, 6));
}

#[tokio::test]
async fn a_stopped_worker_ends_its_tools_at_once() {
    let site =
        play(agent(json!(["run_command"])), vec![shell("trap '' TERM; sleep 60"), end()]).await;
    let mut worker = Worker::start(&site.gateway);
    site.gateway.until(|heard| (tool_calls(heard) == 1).then_some(())).await;
    let begin = std::time::Instant::now();
    worker.terminate();
    assert_eq!(worker.code().await, Some(143));
    assert!(begin.elapsed() < std::time::Duration::from_secs(3), "{:?}", begin.elapsed());
    nothing_is_left(&site.gateway).await;
}
