use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::response::StopReason;

fn chunk(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}], "usage": null})
}

fn call(index: u64, more: &Value) -> Value {
    let mut call = json!({"index": index});
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    chunk(&json!({"tool_calls": [call]}), None)
}

fn sample() -> Vec<Value> {
    vec![
        chunk(&json!({"role": "assistant", "content": "", "refusal": null}), None),
        chunk(&json!({"reasoning_content": "Hm"}), None),
        chunk(&json!({"content": "Grüße "}), None),
        chunk(&json!({"content": "😀", "new": {"a": 1}}), None),
        call(
            0,
            &json!({"id": "t1", "type": "function", "function": {"name": "add", "arguments": ""}}),
        ),
        call(
            1,
            &json!({"id": "t2", "type": "function", "function": {"name": "now", "arguments": ""},
            "extra_content": {"google": {"thought_signature": "s=="}}}),
        ),
        call(0, &json!({"function": {"arguments": "{\"a\": "}})),
        call(0, &json!({"function": {"arguments": "1.50}"}})),
        chunk(&json!({}), Some("tool_calls")),
        json!({"id": "c1", "model": "m", "choices": [], "service_tier": "flex",
            "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}}),
    ]
}

fn frames(chunks: &[Value]) -> Vec<Frame> {
    let texts = chunks.iter().map(Value::to_string).chain(["[DONE]".to_owned()]);
    texts.map(|data| Frame { event: String::new(), data }).collect()
}

fn run(frames: &[Frame]) -> (Result<(), Error>, Vec<Event>) {
    let (mut decode, mut out) = (Decode::new(None), VecDeque::new());
    let outcome = frames.iter().try_for_each(|frame| decode.frame(frame, &mut out));
    (outcome, out.into())
}

fn answer(frames: &[Frame]) -> Response {
    let (outcome, mut events) = run(frames);
    assert!(outcome.is_ok(), "{outcome:?}");
    match events.pop() {
        Some(Event::Finished(response)) => *response,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_answer_comes_together() {
    let response = answer(&frames(&sample()));
    assert_eq!(response.text(), "Grüße 😀");
    assert_eq!(response.stop_reason, StopReason::ToolUse);
    let calls: Vec<_> =
        response.tool_uses().map(|c| (c.id.as_str(), c.name.as_str(), c.input.get())).collect();
    assert_eq!(calls, [("t1", "add", r#"{"a": 1.50}"#), ("t2", "now", "{}")]);
    let usage = response.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (9, 4));
}

#[test]
fn what_is_beyond_the_standard_goes_back_in_the_next_turn() {
    let response = answer(&frames(&sample()));
    let whole = super::super::carried::carried(&response.content).unwrap();
    let message: Value = serde_json::from_str(whole.get()).unwrap();
    assert_eq!(message["reasoning_content"], "Hm");
    assert_eq!(message["tool_calls"][1]["extra_content"]["google"]["thought_signature"], "s==");
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], r#"{"a": 1.50}"#);
}

#[test]
fn events_come_as_they_happen() {
    let (_, events) = run(&frames(&sample()));
    let names: Vec<String> = events
        .iter()
        .map(|e| format!("{e:?}").split([' ', '(']).next().unwrap().to_owned())
        .collect();
    assert_eq!(
        names.join(" "),
        "Started ThinkingDelta TextDelta TextDelta ToolStarted ToolStarted ToolInputDelta \
         ToolInputDelta Usage BlockDone BlockDone BlockDone BlockDone Finished"
    );
}

#[test]
fn without_a_reason_to_stop_it_is_cut_even_if_it_says_done() {
    let cut = frames(&sample()[..4]);
    assert_eq!(run(&cut).0.unwrap_err().kind, ErrorKind::Cut);
}

#[test]
fn an_error_in_the_stream_is_an_error() {
    let error = json!({"error": {"message": "boom", "type": "server_error", "code": null}});
    let error = run(&frames(&[error])).0.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Server, "boom"));
}

#[test]
fn calls_without_numbers_are_whole_calls() {
    let whole = |id: &str| json!({"tool_calls": [{"id": id, "function": {"name": "f", "arguments": "{}"}}]});
    let chunks = [chunk(&whole("a"), None), chunk(&whole("b"), Some("stop"))];
    let response = answer(&frames(&chunks));
    assert_eq!(response.tool_uses().count(), 2);
    assert_eq!(response.stop_reason, StopReason::ToolUse);
}

#[test]
fn absurd_numbers_of_calls_do_not_eat_the_memory() {
    let absurd = call(u64::MAX, &json!({"function": {"name": "f"}}));
    assert_eq!(run(&frames(&[absurd])).0.unwrap_err().kind, ErrorKind::Protocol);
}

proptest! {
    #[test]
    fn no_order_of_chunks_makes_it_panic(picks in prop::collection::vec(0_usize..10, 0..40)) {
        let sample = sample();
        let chunks: Vec<Value> = picks.iter().map(|&pick| sample[pick].clone()).collect();
        let _ = run(&frames(&chunks));
    }

    #[test]
    fn no_data_makes_it_panic(data in "\\PC{0,60}") {
        let odd = json!({"content": [data], "tool_calls": [{"index": data}], "usage": data});
        let _ = run(&frames(&[odd.clone(), chunk(&odd, None)]));
        let _ = run(&[Frame { event: String::new(), data }]);
    }
}
