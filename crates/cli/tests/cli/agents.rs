//! Agents that start agents, on a machine that runs one job at a time.

use serde_json::{Value, json};

use crate::models::Models;

#[test]
fn a_job_that_waits_for_its_children_leaves_its_place_to_them() {
    let models = Models::start();
    models.simulator.world().speak_to_people();
    let world = models.world();
    let _server = world.serve(&["--max-running", "1"]);
    let child = json!({"job_type": "echo", "payload": {"message": "hi", "delay_ms": 500}});
    let payload = json!({
        "prompt": format!("Use submit_job {child} and then wait_for_jobs."),
        "tools": ["submit_job", "wait_for_jobs"],
    });
    let payload = payload.to_string();
    let ended = world.run(&["run", "-v", "tool_agent", &payload]).succeeded();
    assert!(!ended.err.contains("says it again"), "{}", ended.err);
    let before = models.simulator.world().paid();

    let result = world.json(&["run", "--json", "tool_agent", &payload]);
    let waited = &result["tool_calls"][1];
    let told: Value = serde_json::from_str(waited["output"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&waited["name"], &told[0]["status"]),
        (&json!("wait_for_jobs"), &json!("SUCCEEDED"))
    );
    assert_eq!(told[0]["result"]["echoed_message"], "hi");
    // The second attempt of the parent has asked the model only what was new.
    let paid = models.simulator.world().paid() - before;
    assert_eq!((&result["turns"], paid), (&json!(3), 3));
}

/// They run as the user who runs the server, so they could look for its keys; but none comes to them by itself.
#[test]
fn programs_of_a_job_see_no_key_of_the_server() {
    let models = Models::start();
    models.simulator.world().speak_to_people();
    let world = models.world().with("AGENT_RUNNER_SECRET_WEATHER_TOKEN", "hunter2");
    let _server = world.serve(&[]);
    let by_model = json!({
        "prompt": format!("Use run_command {}.", json!({"command": "env"})),
        "tools": ["run_command"],
    });
    let by_model = world.json(&["run", "--json", "tool_agent", &by_model.to_string()]);
    let printed = by_model["tool_calls"][0]["output"].as_str().unwrap();
    assert_eq!(
        variables(printed, "--- stdout\n"),
        ["JOB_ATTEMPT", "JOB_ID", "JOB_TOOL_PROCESS", "PATH"]
    );

    let by_user = world.json(&["run", "--json", "command", "program=env"]);
    let printed = by_user["stdout"].as_str().unwrap();
    assert_eq!(variables(printed, ""), ["JOB_ATTEMPT", "JOB_ID", "PATH"]);
}

/// The names that `env` has printed behind `head`, without what every shell sets.
fn variables<'a>(printed: &'a str, head: &str) -> Vec<&'a str> {
    let (_, lines) = printed.split_once(head).unwrap();
    let names = lines.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name);
    let mut names: Vec<_> =
        names.filter(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name)).collect();
    names.sort_unstable();
    names
}
