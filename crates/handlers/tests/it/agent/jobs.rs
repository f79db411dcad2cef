//! Agents that start jobs and wait for them.

use agent_runner_domain::{JobId, Money};
use agent_runner_handlers::Stop;
use serde_json::{Value, json};

use super::{Play, call, calls, end, once};

const TOOLS: [&str; 2] = ["submit_job", "wait_for_jobs"];

fn echo(id: &str, message: &str) -> Value {
    call(
        id,
        "submit_job",
        json!({"job_type": "echo", "payload": {"message": message}, "budget_usd": 0.5}),
    )
}

#[tokio::test]
async fn waiting_ends_the_attempt_and_a_later_one_gets_the_results() {
    let (one, two) = (JobId::from_u128(1_000), JobId::from_u128(1_001));
    let play = Play::of([
        calls(&[echo("t1", "a"), echo("t2", "b")]),
        calls(&[call("t3", "wait_for_jobs", json!({"job_ids": [one, two, one]}))]),
        end("both are done"),
    ])
    .await;
    let ran = play.run(json!(TOOLS)).await;
    assert_eq!(ran.outcome, Err(Stop::Waiting(vec![one, two])));
    let orders = play.world.children.orders();
    assert_eq!(orders.len(), 2);
    assert_eq!(
        (orders[0].job_type.as_str(), orders[0].payload.get()),
        ("echo", r#"{"message":"a"}"#)
    );
    assert_eq!(orders[0].budget, Money::from_dollars(0.5));

    play.world.children.end(&json!({"echoed_message": "hi"}));
    let ran = play.run(json!(TOOLS)).await;
    assert_eq!(ran.result()["response"], "both are done");
    let (told, is_error) = play.told(3).remove(0);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert!(!is_error && told.as_array().unwrap().len() == 2);
    let expected = json!({"job_id": one, "status": "SUCCEEDED", "cost_usd": 0.0, "result": {"echoed_message": "hi"}});
    assert_eq!(told[0], expected);
    // It had no room in the first answer.
    assert_eq!(told[1]["result"], expected["result"]);
    assert_eq!((play.world.children.orders().len(), play.model.asked().len()), (2, 3));
}

#[tokio::test]
async fn a_job_starts_no_more_than_it_may() {
    let play = Play::of([
        calls(&[echo("t1", "a"), echo("t2", "refuse me"), echo("t3", "b"), echo("t4", "c")]),
        end("done"),
    ])
    .await;
    let payload = json!({"prompt": "go", "tools": TOOLS, "max_jobs": 2});
    play.world.run("tool_agent", payload).await.result();
    let told = play.told(2);
    assert!(told[1].1 && told[1].0.contains("`/payload/message`: was refused"), "{told:?}");
    assert!(!told[0].1 && !told[2].1, "{told:?}");
    assert!(told[3].1 && told[3].0.contains("`max_jobs`"), "{told:?}");
    assert_eq!(play.world.children.orders().len(), 2);
}

#[tokio::test]
async fn only_what_the_payload_names_and_only_own_jobs() {
    let input = json!({"job_type": "command", "payload": {"program": "sh"}});
    let (told, is_error) = once(json!(TOOLS), "submit_job", input).await;
    assert!(is_error && told.contains("command"), "{told}");
    let payload = json!({"prompt": "p", "tools": ["run_command"]});
    let input = json!({"job_type": "tool_agent", "payload": payload});
    let (told, is_error) = once(json!(TOOLS), "submit_job", input).await;
    assert!(is_error && told.contains("your own tools"), "{told}");
    for id in ["job_01JD3XN5Q7Z8Y9W0V1T2S3R4P5", "no id"] {
        let (told, is_error) = once(json!(TOOLS), "wait_for_jobs", json!({"job_ids": [id]})).await;
        assert!(is_error && told.contains("no job that submit_job has started"), "{told}");
    }
}

#[tokio::test]
async fn what_ran_beside_a_wait_does_not_run_again() {
    let shop = super::site::Site::start(|_| super::site::response(200, "", "ordered")).await;
    let order = json!({"name": "order", "description": "d", "method": "POST", "url": shop.url,
        "input_schema": {"type": "object"}});
    let tools = json!([order, "submit_job", "wait_for_jobs"]);
    let wait = call("t2", "wait_for_jobs", json!({"job_ids": [JobId::from_u128(1_000)]}));
    let both = calls(&[wait, call("t3", "order", json!({}))]);
    let play = Play::of([calls(&[echo("t1", "a")]), both, end("done")]).await;
    let waiting = play.run(tools.clone()).await;
    assert_eq!(waiting.outcome, Err(Stop::Waiting(vec![JobId::from_u128(1_000)])));
    play.world.children.end(&json!({}));
    play.run(tools).await.result();
    assert_eq!((shop.asked().len(), play.told(3)[1].0.as_str()), (1, "ordered"));
}
