//! Workers that research, with a simulator that plays the model.

mod asks;
mod demo;
mod golden;
mod kills;
mod money;
mod pages;
mod trouble;

use agent_runner_domain::event::{EventBody, NewEvent, StepStatus};
use agent_runner_model_sim::{Answer, Fault, Scripted, World};
use serde_json::{Value, json};

use crate::{claude::Site, gateway::Script};

/// What only the prompt of the plan has in it.
const PLAN: &str = "Write exactly";
/// What only the prompt of the synthesis has in it.
const SYNTHESIS: &str = "Findings:";

/// A research of three questions.
async fn research(more: Value) -> Site {
    research_with(more, |script| script).await
}

async fn research_with(more: Value, change: impl FnOnce(Script) -> Script) -> Site {
    let mut payload = json!({"topic": "tides", "questions": 3});
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let site = Site::start_with(change(Script::of("research", payload))).await;
    plan(site.simulator.world(), &["What of A?", "What of B?", "What of C?"]);
    site
}

/// From now on the simulator plans so.
fn plan(world: &World, questions: &[&str]) {
    let plan = json!({"approach": "One after the other.", "questions": questions});
    say(world, PLAN, Answer::text(plan.to_string()));
}

/// An answer to the next such prompt.
fn say(world: &World, contains: &str, answer: Answer) {
    world.add_answer(Scripted { contains: contains.to_owned(), times: Some(1), answer });
}

/// The next such calls are refused as often as they are tried.
fn refuse(world: &World, contains: &str, status: u16) {
    let (status, retry_after) = (Some(status), Some("0.01".to_owned()));
    let contains = contains.to_owned();
    world.add_fault(Fault { contains, status, retry_after, times: Some(3), ..Fault::default() });
}

/// The next such call is heard, and never answered.
fn hang(world: &World, contains: &str) {
    world.add_fault(Fault { contains: contains.to_owned(), slow: 600_000, ..Fault::default() });
}

/// The next such call is answered as always.
fn spare(world: &World, contains: &str) {
    world.add_fault(Fault { contains: contains.to_owned(), ..Fault::default() });
}

/// The names of steps that were told to have this status.
fn steps(events: &[NewEvent], wanted: StepStatus) -> Vec<&str> {
    let named = events.iter().filter_map(|event| match &event.body {
        EventBody::Step { name, status, .. } if *status == wanted => Some(name.as_str()),
        _ => None,
    });
    named.collect()
}

/// Of each finding, whether it has an answer.
fn answered(result: &Value) -> Vec<bool> {
    let findings = result["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            assert_ne!(finding["answer"].is_string(), finding["error"].is_string(), "{finding}");
            finding["answer"].is_string()
        })
        .collect()
}

/// What was kept although the job failed.
fn partial(site: &Site) -> Value {
    serde_json::from_slice(&site.gateway.heard().artifacts["partial-result.json"]).unwrap()
}
