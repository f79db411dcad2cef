//! The loop: what goes to the model, what comes back, and when it ends.

use std::time::{Duration, Instant};

use agent_runner_domain::{
    event::EventBody,
    job::{CauseKind, RetryAdvice},
};
use serde_json::{Value, json};

use super::{Play, call, calls, end, once, site, turn};
use crate::{server::Server, world::World};

#[tokio::test]
async fn tools_are_run_and_their_answers_go_back_until_the_model_is_done() {
    let first = calls(&[
        json!({"type": "text", "text": "Two sums."}),
        call("t1", "calculator", json!({"expression": "17 * 23"})),
        call("t2", "calculator", json!({"expression": "1 / 0"})),
    ]);
    let play = Play::of([first, end("391, and no number.")]).await;
    let ran = play.run(json!(["calculator"])).await;
    let told = play.told(2);
    assert_eq!(told[0], ("391".to_owned(), false));
    assert!(told[1].1 && told[1].0.contains("zero"), "{told:?}");
    let result = ran.result();
    assert_eq!(result["response"], "391, and no number.");
    assert_eq!((&result["turns"], &result["stop_reason"]), (&json!(2), &json!("end_turn")));
    assert_eq!(result["usage"]["input_tokens"], 14);
    let mut first = result["tool_calls"][0].clone();
    assert!(first.as_object_mut().unwrap().remove("ms").unwrap().is_u64());
    let expected = json!({"name": "calculator", "input": {"expression": "17 * 23"}, "output": "391", "is_error": false});
    assert_eq!(first, expected);
    let kinds: Vec<&str> = ran.events.iter().map(EventBody::kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "tool_call").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| **kind == "tool_result").count(), 2);
    let asked = &play.model.asked()[0];
    assert_eq!(asked["tools"][0]["name"], "calculator");
    assert_eq!(play.world.cost().await.calls, 2);
}

#[tokio::test]
async fn what_the_model_has_thought_goes_back_as_it_was() {
    let thought = json!({"type": "thinking", "thinking": "hm", "signature": "c2ln", "new": 1.5});
    let unknown = json!({"type": "from_the_future", "data": [1, 2, {"x": null}]});
    let first = calls(&[
        thought.clone(),
        unknown.clone(),
        call("t1", "calculator", json!({"expression": "1"})),
    ]);
    let play = Play::of([first, end("done")]).await;
    play.run(json!(["calculator"])).await.result();
    let back = play.model.asked()[1]["messages"][1]["content"].clone();
    assert_eq!((&back[0], &back[1]), (&thought, &unknown));
}

#[tokio::test]
async fn wrong_calls_are_told_to_the_model() {
    let tools = || json!(["calculator"]);
    for (name, input, said) in [
        ("calcalutor", json!({}), "there is no tool `calcalutor`; there are: calculator"),
        ("calculator", json!({"sum": 1}), "does not fit the schema"),
        ("calculator", json!({"expression": 7}), "`/expression`"),
        ("calculator", json!("{\"expression\": \"1"), "has to be a JSON object"),
    ] {
        let (told, is_error) = once(tools(), name, input).await;
        assert!(is_error && told.contains(said), "{told}");
    }
}

#[tokio::test]
async fn a_paused_turn_goes_on() {
    let paused = turn(&[json!({"type": "text", "text": "Wait."})], "pause_turn");
    let play = Play::of([paused, end("Done.")]).await;
    let ran = play.run(json!([])).await;
    assert_eq!((&ran.result()["response"], &ran.result()["turns"]), (&json!("Done."), &json!(2)));
    assert_eq!(play.model.asked()[1]["messages"][1]["content"][0]["text"], "Wait.");
}

#[tokio::test]
async fn answers_that_are_cut_off_or_refused_are_said_to_be_so() {
    for (reason, said) in [("max_tokens", "cut off"), ("refusal", "refused")] {
        let cut = call("t1", "calculator", json!("{\"expression\": \"1"));
        let play = Play::of([turn(&[json!({"type": "text", "text": "I"}), cut], reason)]).await;
        let ran = play.run(json!(["calculator"])).await;
        let result = ran.result();
        assert_eq!((&result["stop_reason"], &result["tool_calls"]), (&json!(reason), &json!([])));
        assert!(result["notice"].as_str().unwrap().contains(said), "{result}");
    }
}

#[tokio::test]
async fn a_loop_without_an_end_ends_with_what_there_is() {
    let again = |id| calls(&[call(id, "calculator", json!({"expression": "1"}))]);
    let play = Play::of([again("t1"), again("t2"), again("t3")]).await;
    let payload = json!({"prompt": "go", "tools": ["calculator"], "max_turns": 3});
    let failure = play.failure(payload).await;
    assert_eq!((failure.kind, failure.retry), (CauseKind::HandlerError, RetryAdvice::GiveUp));
    for part in ["after 3 turns", "`max_turns`", "`partial-result.json`"] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let partial = play.world.files.text("partial-result.json").unwrap();
    let partial: Value = serde_json::from_str(&partial).unwrap();
    assert_eq!(
        (&partial["turns"], partial["tool_calls"].as_array().unwrap().len()),
        (&json!(3), 2)
    );
}

#[tokio::test]
async fn a_user_who_retries_gives_as_many_turns_again_and_a_lost_worker_none() {
    let again = |id| calls(&[call(id, "calculator", json!({"expression": "1"}))]);
    let turns = [again("t1"), again("t2"), again("t3"), again("t4"), end("done")];
    let play = Play::of(turns).await;
    let payload = json!({"prompt": "go", "tools": ["calculator"], "max_turns": 2});
    for asked in [2, 4] {
        let failure = play.failure(payload.clone()).await;
        assert!(failure.message.contains(&format!("after {asked} turns")), "{}", failure.message);
        assert!(failure.message.contains("goes on from there with 2 more"), "{}", failure.message);
        // Nobody has heard its last word.
        assert_eq!(play.failure(payload.clone()).await, failure);
        assert_eq!(play.model.asked().len(), asked);
        play.world.retry_after(failure).await;
    }
    let result = play.world.run("tool_agent", payload).await.result().clone();
    assert_eq!((&result["response"], &result["turns"]), (&json!("done"), &json!(5)));
    assert_eq!(result["tool_calls"].as_array().unwrap().len(), 4);
    assert_eq!(play.model.asked().len(), 5);
    // The tools that the last turn before a retry wanted were run after it.
    assert_eq!(play.told(3), [("1".to_owned(), false)]);
}

#[tokio::test]
async fn a_budget_that_is_used_up_keeps_what_was_done() {
    let book = site::Site::start(|_| site::response(200, "", "long ".repeat(10_000))).await;
    let read = calls(&[call("t1", "http_fetch", json!({"url": book.url}))]);
    let model = Server::start([read, end("never asked")]).await;
    // Enough to be asked, and too little to read a book.
    let world = World::with_claude_at(&model.url, Some(0.05)).await;
    world.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
    let payload = json!({"prompt": "go", "tools": ["http_fetch"], "max_tokens": 300});
    let failure = world.run("tool_agent", payload).await.failure().clone();
    assert_eq!(failure.kind, CauseKind::BudgetExceeded, "{}", failure.message);
    assert!(failure.message.contains("`partial-result.json`"), "{}", failure.message);
    assert!(world.files.text("partial-result.json").unwrap().contains("long long"));
    let asked = model.asked();
    let answers = asked.iter().filter(|body| body["stream"] == true).count();
    assert_eq!((asked.len(), answers), (2, 1), "the second prompt was only counted");
}

#[tokio::test]
async fn tools_run_beside_each_other_and_take_no_longer_than_they_may() {
    let pause = Duration::from_millis(300);
    let slow = site::Site::slow(pause, |asked| site::response(200, "", asked.path())).await;
    let wanted: Vec<Value> = (0..4)
        .map(|n| call(&format!("t{n}"), "http_fetch", json!({"url": format!("{}/{n}", slow.url)})))
        .collect();
    let play = Play::of([calls(&wanted), end("done")]).await;
    let begin = Instant::now();
    play.run(json!(["http_fetch"])).await.result();
    assert!(begin.elapsed() < Duration::from_millis(1_100), "{:?}", begin.elapsed());
    let told = play.told(2);
    for (n, (text, _)) in told.iter().enumerate() {
        assert!(text.ends_with(&format!("/{n}")), "{text}");
    }
}

#[tokio::test]
async fn a_tool_that_takes_too_long_is_stopped_and_the_model_hears_of_it() {
    // It takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let play =
        Play::of([calls(&[call("t1", "http_fetch", json!({"url": url}))]), end("done")]).await;
    let payload = json!({"prompt": "go", "tools": ["http_fetch"], "max_tool_seconds": 1});
    play.world.run("tool_agent", payload).await.result();
    let (told, is_error) = play.answer();
    assert!(is_error && told.contains("longer than 1 seconds"), "{told}");
}
