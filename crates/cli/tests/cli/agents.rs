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
