//! A server that wants keys.

use crate::world::{Ended, World};

#[test]
fn a_key_is_made_used_and_never_shown() {
    let world = World::new();
    let made = world.run(&["keys", "new", "ci", "--scope", "read"]).succeeded();
    let key = made.err.lines().next().unwrap().to_owned();
    assert!(!made.out.contains(&key));
    let file = world.path("keys.jsonl");
    std::fs::write(&file, &made.out).unwrap();
    let server = world.serve(&["--api-keys", file.to_str().unwrap()]);
    world.run(&["list"]).with_code(6).saying(&["AGENT_RUNNER_API_KEY"]);
    let with_key = |words: &[&str]| {
        let mut command = world.command(words);
        Ended::of(command.env("AGENT_RUNNER_API_KEY", &key).output().unwrap())
    };
    with_key(&["list"]).succeeded();
    let refused = with_key(&["submit", "echo", "message=x"]).with_code(6).saying(&["write"]);
    assert!(!refused.err.contains(&key));
    let key_file = world.path("key");
    std::fs::write(&key_file, format!("{key}\n")).unwrap();
    let words = ["--api-key-file", key_file.to_str().unwrap(), "--server", &server.url, "list"];
    world.run(&words).succeeded();
}
