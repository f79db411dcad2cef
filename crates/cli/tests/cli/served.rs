//! With a server of its own process.

use std::{thread, time::Duration};

use serde_json::Value;

use crate::world::{Ended, World};

const TEN_LINES: &str = "args[]=for n in 1 2 3 4 5 6 7 8 9 10; do echo $n; sleep 0.2; done";

#[test]
fn commands_find_the_server_that_owns_the_data_folder() {
    let world = World::new();
    let server = world.serve(&[]);
    let id = world.line(&["run", "--detach", "echo", "message=hi"]);
    world.run(&["watch", &id]).succeeded();
    assert_eq!(world.json(&["get", &id, "--result"])["echoed_message"], "hi");
    let job = world.json(&["--server", &server.url, "get", &id, "--json"]);
    assert_eq!(job["status"], "SUCCEEDED");
    let doctor = world.run(&["doctor"]).succeeded();
    assert!(doctor.out.contains(&server.url), "{}", doctor.out);
}

#[test]
fn a_second_server_on_the_same_data_folder_is_told_of_the_first() {
    let world = World::new();
    let server = world.serve(&[]);
    let second = world.run(&["serve", "--listen", "127.0.0.1:0"]).with_code(8);
    second.saying(&[&server.url]);
}

#[test]
fn a_log_is_followed_over_the_death_of_the_server() {
    let world = World::new();
    let mut server = world.serve(&[]);
    let id = world.line(&["submit", "command", "program=sh", "args[]=-c", TEN_LINES]);
    let log = world.command(&["logs", "-f", "--raw", "--stream", "stdout", &id]).spawn().unwrap();
    thread::sleep(Duration::from_millis(700));
    server.kill();
    let _next = world.serve(&[]);
    let ended = Ended::of(log.wait_with_output().unwrap()).succeeded();
    assert_eq!(
        ended.out.lines().collect::<Vec<_>>(),
        "1 2 3 4 5 6 7 8 9 10".split(' ').collect::<Vec<_>>()
    );
    assert!(ended.err.contains("trying again"), "{}", ended.err);
}

#[test]
fn a_log_can_be_read_again_by_programs() {
    let world = World::new();
    let _server = world.serve(&[]);
    let words = ["submit", "--wait", "command", "program=sh", "args[]=-c", "args[]=echo hi"];
    world.run(&words).succeeded();
    let id = world.json(&["list", "--json"])["job_id"].as_str().unwrap().to_owned();
    let lines = world.line(&["logs", "--json", &id]);
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<_> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    let later = world.line(&["logs", "--json", "--after", "2", &id]);
    assert_eq!(later.lines().count(), numbers.len() - 2);
}

#[test]
fn a_running_job_is_cancelled() {
    let world = World::new();
    let _server = world.serve(&[]);
    let id = world.line(&["submit", "command", "program=sleep", "args[]=60"]);
    let watch = world.command(&["watch", &id]).spawn().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(world.line(&["cancel", &id]).contains("CANCELLED"));
    Ended::of(watch.wait_with_output().unwrap()).with_code(4);
    world.run(&["submit", "--wait", "echo", "message=x", "--depends-on", &id]).with_code(1);
}

#[test]
fn files_that_a_job_left_are_fetched_whole_and_nothing_is_written_over() {
    let world = World::new();
    let _server = world.serve(&[]);
    let script =
        "args[]=mkdir -p artifacts/sub; printf one > artifacts/a.txt; printf two > artifacts/sub/b";
    let words = ["submit", "command", "program=sh", "args[]=-c", script];
    let id = world.line(&words);
    world.run(&["watch", &id]).succeeded();
    let listed = world.line(&["artifacts", &id]);
    assert!(listed.contains("a.txt") && listed.contains("sub/b"), "{listed}");
    let folder = world.path("out");
    let folder = folder.to_str().unwrap();
    world.run(&["artifacts", &id, "--all", "--output", folder]).succeeded();
    assert_eq!(std::fs::read_to_string(world.path("out/sub/b")).unwrap(), "two");
    assert_eq!(world.line(&["artifacts", &id, "a.txt", "--output", "-"]), "one");
    let again = world.run(&["artifacts", &id, "a.txt", "--output", folder]).with_code(8);
    again.saying(&["--force"]);
    world.run(&["artifacts", &id, "c", "--output", folder]).with_code(5);
}
