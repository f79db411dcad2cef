//! Without any server: the first command that a newcomer types.

use std::{
    io::{Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::world::{Ended, World};

#[test]
fn run_prints_the_result_and_nothing_else_and_list_finds_the_job_later() {
    let world = World::new();
    let ended = world.run(&["run", "echo", r#"{"message":"hello"}"#]).succeeded();
    assert_eq!(ended.err, "");
    let result: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(result["echoed_message"], "hello");
    let job = world.json(&["list", "--json"]);
    assert_eq!((&job["status"], &job["job_type"]), (&json!("SUCCEEDED"), &json!("echo")));
    let id = job["job_id"].as_str().unwrap();
    assert_eq!(world.json(&["get", id, "--result"]), result);
    assert_eq!(world.json(&["get", id, "--payload"]), json!({"message": "hello"}));
    assert!(world.line(&["explain", id]).contains("SUCCEEDED"));
    assert!(world.line(&["list"]).contains(id));
}

#[test]
fn every_way_to_write_a_payload_means_the_same() {
    let world = World::new();
    let file = world.path("payload.json");
    std::fs::write(&file, "{\"message\": \"hi\"}\n").unwrap();
    let from_file = format!("@{}", file.display());
    for words in
        [&[r#"{"message":"hi"}"#][..], &["message=hi"], &[r#"message:="hi""#], &[&from_file]]
    {
        let result = world.json(&[&["run", "echo"], words].concat());
        assert_eq!(result["echoed_message"], "hi", "{words:?}");
    }
    let mut child = world.command(&["run", "echo", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"message":"hi"}"#).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap()).succeeded();
    assert!(ended.out.contains("hi"));
}

#[test]
fn the_exit_code_says_how_the_job_ended_and_the_error_says_why() {
    let world = World::new();
    let shell = |script: &str, more: &[&str]| {
        let script = format!("args[]={script}");
        let words = ["run", "--max-attempts", "1", "command", "program=sh", "args[]=-c", &script];
        world.run(&[&words[..], more].concat())
    };
    shell("exit 0", &[]).succeeded();
    let failed = shell("echo broken >&2; exit 3", &[]).with_code(1);
    failed.saying(&["FAILED", "code 3", "broken", "fix: "]);
    shell("sleep 60", &["--timeout", "500ms"]).with_code(3).saying(&["TIMED_OUT", "timeout"]);
}

#[test]
fn what_a_job_prints_is_told_while_it_runs() {
    let world = World::new();
    let words =
        ["run", "-v", "command", "program=sh", "args[]=-c", "args[]=echo one; echo two >&2"];
    let ended = world.run(&words).succeeded().saying(&["stdout   one", "stderr   two", "RUNNING"]);
    assert_eq!(ended.out.lines().count(), 1);
}

#[test]
fn ctrl_c_and_sigterm_cancel_the_job() {
    cancels(rustix::process::Signal::INT);
    cancels(rustix::process::Signal::TERM);
}

fn cancels(signal: rustix::process::Signal) {
    let world = World::new();
    let mut child = world
        .command(&["run", "-v", "command", "program=sh", "args[]=-c", "args[]=echo up; sleep 60"])
        .spawn()
        .unwrap();
    let mut err = child.stderr.take().unwrap();
    let mut said = String::new();
    let began = Instant::now();
    while !said.contains("stdout   up") && began.elapsed() < Duration::from_secs(20) {
        let mut part = [0; 256];
        let read = err.read(&mut part).unwrap();
        said.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, signal).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert_eq!(world.json(&["list", "--json"])["status"], "CANCELLED");
}

#[test]
fn jobs_that_are_handed_in_wait_for_a_server() {
    let world = World::new();
    let ended = world.run(&["submit", "echo", "message=later", "--tag", "team=red"]).succeeded();
    ended.saying(&["agent-runner serve"]);
    let id = world.json(&["list", "--tag", "team=red", "--json"])["job_id"].clone();
    let id = id.as_str().unwrap();
    world.run(&["priority", "9", id]).succeeded();
    assert_eq!(world.json(&["get", id, "--json"])["priority"], 9);
    world.run(&["watch", id]).with_code(9).saying(&["agent-runner serve"]);
    world.run(&["logs", "-f", id]).with_code(9);
    world.run(&["cancel", id]).succeeded();
    world.run(&["watch", id]).with_code(4);
    world.run(&["retry", id]).succeeded();
    world.run(&["run", "--detach", "echo", "message=x"]).with_code(2).saying(&["serve"]);
}

#[test]
fn commands_at_the_same_time_share_the_data_folder() {
    let world = World::new();
    let children: Vec<_> = (0..6)
        .map(|n| {
            let (message, delay) = (format!("message={n}"), format!("delay_ms:={}", n * 20));
            world.command(&["run", "echo", &message, &delay]).spawn().unwrap()
        })
        .collect();
    for (n, child) in children.into_iter().enumerate() {
        let ended = Ended::of(child.wait_with_output().unwrap()).succeeded();
        let result: Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!(result["echoed_message"], n.to_string());
    }
    assert_eq!(world.line(&["list", "--json", "--all"]).lines().count(), 6);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let world = World::new();
    let mut child = world.command(&["completions", "bash"]).spawn().unwrap();
    drop(child.stdout.take());
    let ended = Ended::of(child.wait_with_output().unwrap()).succeeded();
    assert_eq!(ended.err, "");
}

#[test]
fn the_doctor_finds_a_healthy_machine_healthy() {
    let world = World::new();
    let ended = world.run(&["doctor", "--listen", "127.0.0.1:0", "--json"]).succeeded();
    let findings: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let job = findings.iter().find(|finding| finding["check"] == "a job").unwrap();
    assert_eq!(job["level"], "ok", "{findings:?}");
}
