//! Jobs by the file.

use std::fmt::Write as _;

use serde_json::Value;

use crate::world::World;

fn jobs(count: usize) -> String {
    (0..count).fold(String::new(), |mut text, n| {
        let _ = writeln!(
            text,
            r#"{{"job_type":"echo","payload":{{"message":"{n}"}},"tags":{{"batch":"b"}}}}"#
        );
        text
    })
}

#[test]
fn a_file_of_jobs_runs_and_is_counted() {
    let world = World::new();
    let _server = world.serve(&[]);
    let file = world.path("jobs.ndjson");
    std::fs::write(&file, jobs(40)).unwrap();
    let ended = world.run(&["submit", "--bulk", file.to_str().unwrap(), "--wait"]).succeeded();
    assert_eq!(ended.out.lines().count(), 40);
    ended.saying(&["40 accepted, 0 refused", "40 of 40 succeeded"]);
    world.run(&["watch", "--tag", "batch=b"]).succeeded().saying(&["40 of 40"]);
    let listed = world.line(&["list", "--all", "--json", "--status", "succeeded"]);
    assert_eq!(listed.lines().count(), 40);
    let few = world.run(&["list", "-n", "3"]).succeeded();
    assert_eq!(few.out.lines().count(), 4);
    few.saying(&["--all"]);
}

#[test]
fn lines_that_are_wrong_are_named_by_their_number_and_the_others_count() {
    let world = World::new();
    let file = world.path("jobs.ndjson");
    let text = format!("{}\n{{\"job_type\":\n{{\"job_type\":\"ecco\"}}\n{}", jobs(1), jobs(1));
    std::fs::write(&file, text).unwrap();
    let ended = world.run(&["submit", "--bulk", file.to_str().unwrap()]).with_code(6);
    assert_eq!(ended.out.lines().count(), 2);
    ended.saying(&["line 3:", "line 4:", "ecco", "2 accepted, 2 refused"]);
}

#[test]
fn the_answers_to_a_file_are_there_for_programs() {
    let world = World::new();
    let file = world.path("jobs.ndjson");
    std::fs::write(&file, format!("{}nonsense\n", jobs(1))).unwrap();
    let ended = world.run(&["submit", "--json", "--bulk", file.to_str().unwrap()]).with_code(6);
    let lines: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["line"], &lines[1]["line"]), (&Value::from(1), &Value::from(2)));
    assert!(lines[0]["job"]["job_id"].is_string() && lines[1]["problem"]["code"].is_string());
}

#[test]
fn a_file_that_is_handed_in_again_under_its_key_makes_nothing_twice() {
    let world = World::new();
    let file = world.path("jobs.ndjson");
    std::fs::write(&file, jobs(5)).unwrap();
    let words = ["submit", "--bulk", file.to_str().unwrap(), "--idempotency-key", "monday"];
    assert_eq!(world.line(&words), world.line(&words));
    assert_eq!(world.line(&["list", "--all", "--json"]).lines().count(), 5);
}
