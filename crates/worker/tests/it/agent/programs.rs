//! `run_command`.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{agent, end, once, outputs, play, shell};
use crate::command::nothing_is_left;

async fn run(command: &str) -> (String, bool) {
    once(json!(["run_command"]), shell(command)).await
}

#[tokio::test]
async fn a_command_says_what_it_printed_and_how_it_ended() {
    let (told, is_error) = run("echo out; echo err >&2; exit 3").await;
    assert!(is_error);
    assert_eq!(told, "exit code 3\n--- stdout\nout\n\n--- stderr\nerr\n");
    assert_eq!(run("true").await, ("exit code 0".to_owned(), false));
    assert!(run("kill -SEGV $$").await.0.contains("signal"));
    let (told, _) = run("test -z \"$JOB_LEASE$AGENT_RUNNER_LINK\" && echo none").await;
    assert!(told.contains("none"), "{told}");
}

#[tokio::test]
async fn what_is_too_much_or_binary_is_cut_and_said_to_be_so() {
    // The model was told more of it than the result shows.
    let (told, _) = run("yes 0123456789 | head -c 10000000; echo the end").await;
    assert!(told.len() < 10_200 && told.contains("are left out here"), "{}", told.len());
    assert!(told.ends_with("the end\n"), "{}", &told[told.len() - 100..]);
    let (told, _) = run("head -c 1000 /dev/zero").await;
    assert!(told.contains("bytes of binary data, which are not shown"), "{told}");
}

#[tokio::test]
async fn a_command_takes_no_longer_than_it_may_and_leaves_nothing_behind() {
    let stubborn = "trap '' TERM; setsid sleep 61 & sleep 62 & echo up; sleep 63";
    let mut payload = agent(json!(["run_command"]));
    payload["max_tool_seconds"] = json!(1);
    let site = play(payload, vec![shell(stubborn), end()]).await;
    let begin = Instant::now();
    let result = site.result().await;
    assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
    let (told, is_error) = outputs(&result).remove(0);
    assert!(is_error && told.contains("longer than 1 seconds"), "{told}");
    nothing_is_left(&site.gateway).await;
}

#[tokio::test]
async fn what_a_command_leaves_running_ends_with_it() {
    let begin = Instant::now();
    let (told, _) = run("(setsid sleep 64 &) ; env -i setsid sleep 65 & echo left").await;
    assert!(told.contains("left"), "{told}");
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn files_for_people_are_kept() {
    let site = play(
        agent(json!(["run_command"])),
        vec![shell("echo hi > artifacts/greeting.txt; ln -s /etc/passwd artifacts/users"), end()],
    )
    .await;
    site.run().await;
    let heard = site.gateway.heard();
    assert_eq!(heard.artifacts.keys().collect::<Vec<_>>(), ["artifacts/greeting.txt"]);
}
