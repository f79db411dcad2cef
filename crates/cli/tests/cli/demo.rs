//! Everything that can be tried without a key.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::world::World;

fn job_id(world: &World) -> String {
    world.json(&["list", "--json", "-n", "1"])["job_id"].as_str().unwrap().to_owned()
}

#[test]
fn a_chat_is_text_and_its_bill_comes_last() {
    let world = World::new();
    let ended = world.run(&["run", "--demo", "claude_chat", "prompt=hello"]).succeeded();
    assert!(ended.out.starts_with("This is a simulated answer"), "{}", ended.out);
    let bill = ended.err.lines().last().unwrap().to_owned();
    for fact in ["$0.", "1 call", "tokens in", " out", "demo"] {
        assert!(bill.contains(fact), "{fact:?} is not in {bill:?}");
    }
    let id = job_id(&world);
    let result = world.json(&["get", &id, "--result"]);
    assert_eq!(
        (&result["demo"], &result["response"]),
        (&json!(true), &json!(ended.out.trim_end()))
    );
    assert_eq!(world.line(&["logs", "--raw", &id]).lines().last(), ended.out.lines().last());
    let log = world.line(&["logs", &id]);
    for said in ["worker   demo: a simulator", "text     This is", "usage    anthropic/claude"] {
        assert!(log.contains(said), "{said:?} is not in {log}");
    }
}

#[test]
fn an_answer_that_is_not_whole_is_said_to_be_so() {
    let world = World::new();
    let words = ["run", "--demo", "claude_chat", "prompt=hello", "max_tokens=10"];
    let ended = world.run(&words).succeeded();
    assert!(ended.out.starts_with("This is a sim"), "{}", ended.out);
    ended.saying(&["note: the answer is cut off: it reached `max_tokens` (10)"]);
}

#[test]
fn programs_get_the_result_and_no_text() {
    let world = World::new();
    let words = ["run", "--demo", "--json", "claude_chat", "prompt=hello"];
    let result: Value = serde_json::from_str(&world.run(&words).succeeded().out).unwrap();
    assert_eq!(result["demo"], true);
}

#[test]
fn numbers_are_meant_where_the_payload_takes_no_text() {
    let world = World::new();
    let pairs = ["prompt=5", "temperature=0.5", "max_tokens=50", "system=null"];
    world.run(&[&["submit", "--demo", "claude_chat"][..], &pairs].concat()).succeeded();
    let payload = world.json(&["get", "--demo", &job_id(&world), "--payload"]);
    let wanted = json!({"prompt": "5", "temperature": 0.5, "max_tokens": 50, "system": "null"});
    assert_eq!(payload, wanted);
    let wrong = world.run(&["submit", "--demo", "claude_chat", "prompt=5", "temperature=3"]);
    wrong.with_code(6).saying(&["/payload/temperature: 3 is greater than the maximum of 2"]);
}

#[test]
fn tools_are_told_while_they_work() {
    let world = World::new();
    let words = ["run", "--demo", "-v", "tool_agent", "prompt=What is 17 * 23?"];
    let tools = r#"tools:=["calculator"]"#;
    let ended = world.run(&[&words[..], &[tools]].concat()).succeeded();
    ended.saying(&[
        "tool     calculator {\"expression\":\"17 * 23\"}",
        "calculator → 391",
        "2 calls",
    ]);
}

#[test]
fn every_kind_of_model_job_can_be_tried() {
    let world = World::new();
    let demo = |words: &[&str]| world.run(&[&["run", "--demo", "-v"], words].concat()).succeeded();
    let code = demo(&["claude_code", "specification=sort names", "language=rust"]);
    assert!(code.out.contains("```rust\nfn main()"), "{}", code.out);
    code.saying(&["artifact code.rs"]);
    let research = demo(&["research", "topic=tides", "questions:=3", "depth=shallow"]);
    assert!(research.out.starts_with("# tides"), "{}", research.out);
    research.saying(&["step     plan done", "step     question-3 done", "progress", "5 calls"]);
    let tools = r#"tools:=["submit_job","wait_for_jobs"]"#;
    let family = demo(&["tool_agent", "prompt=Let another job say it, and wait for it.", tools]);
    assert!(family.out.contains("SUCCEEDED"), "{}", family.out);
    assert_eq!(world.line(&["list", "--json", "--type", "echo"]).lines().count(), 1);
}

#[test]
fn without_a_key_a_job_says_which_one_and_nobody_plays_the_model() {
    let world = World::new();
    let ended = world.run(&["run", "claude_chat", "prompt=hi"]).with_code(1);
    assert_eq!(ended.out, "");
    ended.saying(&["set ANTHROPIC_API_KEY where the server runs", "--demo", "retry"]);
    let job = world.json(&["list", "--json"]);
    assert_eq!((&job["status"], &job["attempt"]), (&json!("FAILED"), &json!(1)));
    let pretends = World::new().with("AGENT_RUNNER_DEMO", "1");
    pretends.run(&["run", "claude_chat", "prompt=hi"]).with_code(1).saying(&["no key"]);
}

#[test]
fn a_demonstration_never_reaches_a_server_that_asks_real_models() {
    let world = World::new();
    let server = world.serve(&[]);
    let refused = world.run(&["run", "--demo", "claude_chat", "prompt=hi"]).with_code(2);
    refused.saying(&[&server.url, "real models", "--data"]);
    let named = ["--server", &server.url, "run", "--demo", "claude_chat", "prompt=hi"];
    world.run(&named).with_code(2).saying(&["--server"]);
    assert_eq!(world.line(&["list"]), "");
}

#[test]
fn a_server_says_that_it_is_a_demonstration() {
    let world = World::new();
    let server = world.serve(&["--demo"]);
    let page = get(&server.url, "/docs/");
    assert!(
        page.contains("<title>Demo: ") && page.contains("A simulator plays the models"),
        "{page}"
    );
    assert!(get(&server.url, "/healthz").contains(r#""demo":true"#));
    let ended = world.run(&["run", "claude_chat", "prompt=hi"]).succeeded();
    assert!(ended.out.contains("simulated"), "{}", ended.out);
    ended.saying(&["demo"]);
    let id = job_id(&world);
    world.run(&["logs", "-f", "--demo", &id]).succeeded();
}

/// A page as any browser gets it.
fn get(url: &str, path: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(host).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn what_is_only_played_goes_to_a_folder_of_its_own() {
    let world = World::new();
    let home = world.path("home");
    let run = |words: &[&str]| {
        let mut command = world.command(words);
        command.env_remove("AGENT_RUNNER_DATA").env("XDG_DATA_HOME", &home);
        crate::world::Ended::of(command.output().unwrap()).succeeded()
    };
    run(&["run", "--demo", "--json", "claude_chat", "prompt=hi"]);
    assert_eq!(run(&["list"]).out, "");
    assert_eq!(run(&["list", "--demo", "--json"]).out.lines().count(), 1);
    run(&["cost"]).saying(&["no model was asked"]);
}
