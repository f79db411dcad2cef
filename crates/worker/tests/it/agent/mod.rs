//! Workers whose models use tools.

mod golden;
mod kills;
mod programs;
mod servers;

use agent_runner_domain::event::EventBody;
use agent_runner_model_sim::{Answer, Scripted, ToolCall};
use serde_json::{Value, json};

use crate::{
    claude::Site,
    command::alive,
    gateway::{Gateway, Heard},
};

/// A job whose model has these turns, and then what the simulator says by itself.
async fn play(payload: Value, turns: Vec<Answer>) -> Site {
    let site = Site::start("tool_agent", payload).await;
    for answer in turns {
        let once = Scripted { times: Some(1), answer, ..Scripted::default() };
        site.simulator.world().add_answer(once);
    }
    site
}

#[expect(clippy::needless_pass_by_value, reason = "it is made where it is given")]
fn agent(tools: Value) -> Value {
    json!({"prompt": "go", "tools": tools})
}

fn call(name: &str, input: Value) -> Answer {
    let tool_calls = vec![ToolCall { name: name.to_owned(), input }];
    Answer { tool_calls, ..Answer::default() }
}

fn shell(command: &str) -> Answer {
    call("run_command", json!({"command": command}))
}

fn end() -> Answer {
    Answer::text("done")
}

/// What the tools have said, as the result shows it: `(output, is_error)`.
fn outputs(result: &Value) -> Vec<(String, bool)> {
    let calls = result["tool_calls"].as_array().unwrap().iter();
    calls
        .map(|call| (call["output"].as_str().unwrap().to_owned(), call["is_error"] == true))
        .collect()
}

/// The only call of a job that runs to its end.
async fn once(tools: Value, answer: Answer) -> (String, bool) {
    let site = play(agent(tools), vec![answer, end()]).await;
    let result = site.result().await;
    crate::command::nothing_is_left(&site.gateway).await;
    outputs(&result).remove(0)
}

/// A worker that was killed leaves its folder to the launcher, but no program.
async fn no_program_is_left(gateway: &Gateway) {
    gateway.until(|_| alive(gateway).is_empty().then_some(())).await;
}

/// How many tools were called so far.
fn tool_calls(heard: &Heard) -> usize {
    heard.events.iter().filter(|event| matches!(event.body, EventBody::ToolCall { .. })).count()
}
