use std::collections::VecDeque;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::block::BlockView;
use crate::response::StopReason;
use crate::sse::Frames;

fn frame(data: &Value) -> Frame {
    Frame { event: String::new(), data: data.to_string() }
}

fn message_start() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-x", "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 1}}})
}

fn block_start(index: usize, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: usize, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn block_stop(index: usize) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn message_delta(reason: &str, output_tokens: u64) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
        "usage": {"output_tokens": output_tokens}})
}

fn sample() -> Vec<Value> {
    vec![
        message_start(),
        json!({"type": "ping"}),
        block_start(0, &json!({"type": "thinking", "thinking": "", "signature": ""})),
        delta(0, &json!({"type": "thinking_delta", "thinking": "Hm"})),
        delta(0, &json!({"type": "signature_delta", "signature": "sig=="})),
        block_stop(0),
        block_start(1, &json!({"type": "text", "text": ""})),
        delta(1, &json!({"type": "text_delta", "text": "Grüße "})),
        delta(1, &json!({"type": "hologram_delta", "hologram": "?"})),
        delta(1, &json!({"type": "text_delta", "text": "😀"})),
        block_stop(1),
        json!({"type": "brand_new_event"}),
        block_start(2, &json!({"type": "tool_use", "id": "t1", "name": "add", "input": {}})),
        delta(2, &json!({"type": "input_json_delta", "partial_json": ""})),
        delta(2, &json!({"type": "input_json_delta", "partial_json": "{\"a\": 1.50,"})),
        delta(2, &json!({"type": "input_json_delta", "partial_json": " \"b\": 2}"})),
        block_stop(2),
        message_delta("tool_use", 25),
        json!({"type": "message_stop"}),
    ]
}

fn run(events: &[Value]) -> (Result<(), Error>, Vec<Event>) {
    let (mut decode, mut out) = (Decode::new(Some("req_1".into())), VecDeque::new());
    let outcome = events.iter().try_for_each(|event| decode.frame(&frame(event), &mut out));
    (outcome, out.into())
}

#[test]
fn an_answer_comes_together() {
    let (outcome, events) = run(&sample());
    assert!(outcome.is_ok());
    let Some(Event::Finished(response)) = events.last() else { panic!("{events:?}") };
    assert_eq!(response.text(), "Grüße 😀");
    assert_eq!(response.stop_reason, StopReason::ToolUse);
    assert_eq!(response.request_id.as_deref(), Some("req_1"));
    let usage = response.usage.clone().unwrap();
    assert_eq!(
        (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens),
        (10, 5, 25)
    );
    let raws: Vec<&str> = response.content.iter().map(|block| block.raw().get()).collect();
    assert_eq!(
        raws,
        [
            r#"{"signature":"sig==","thinking":"Hm","type":"thinking"}"#,
            r#"{"text":"Grüße 😀","type":"text"}"#,
            r#"{"id":"t1","input":{"a": 1.50, "b": 2},"name":"add","type":"tool_use"}"#,
        ]
    );
}

#[test]
fn what_is_unknown_is_carried_or_skipped() {
    let raw = json!({"type": "web_search_tool_result", "content": [{"url": "x", "n": 1}]});
    let mut events = sample();
    events.splice(2..2, [block_start(7, &raw), block_stop(7)]);
    let (outcome, events) = run(&events);
    assert!(outcome.is_ok());
    let Some(Event::Finished(response)) = events.last() else { panic!("{events:?}") };
    assert!(matches!(response.content[0].view(), BlockView::Other(_)));
    assert_eq!(response.content[0].raw().get(), raw.to_string());
}

#[test]
fn an_error_after_a_good_beginning_is_an_error() {
    let error = json!({"type": "error", "request_id": "req_2",
        "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let (outcome, events) = run(&[message_start(), error]);
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Overloaded, "Overloaded"));
    assert!(events.is_empty(), "nothing was told, so it can be retried unseen: {events:?}");
}

#[test]
fn events_out_of_order_are_an_error_that_says_which() {
    let text = json!({"type": "text", "text": ""});
    for (events, complaint) in [
        (vec![block_start(0, &text)], "content_block_start before message_start"),
        (vec![message_start(), message_start()], "a second message_start"),
        (vec![message_start(), block_stop(0)], "the end of content block 0, which is not open"),
        (vec![message_start(), delta(3, &json!({}))], "a delta of content block 3"),
        (vec![message_start(), block_start(0, &text), block_start(0, &text)], "began twice"),
        (
            vec![message_start(), block_start(0, &text), json!({"type": "message_stop"})],
            "message_stop while content block 0 is open",
        ),
        (vec![json!({"type": "message_stop"})], "message_stop before message_start"),
    ] {
        let error = run(&events).0.unwrap_err();
        assert!(error.message.contains(complaint), "{error}");
        assert_eq!(error.kind, ErrorKind::Protocol);
    }
}

#[test]
fn what_was_used_is_known_when_the_stream_breaks() {
    let mut decode = Decode::new(None);
    let mut out = VecDeque::new();
    for event in &sample()[..9] {
        decode.frame(&frame(event), &mut out).unwrap();
    }
    let spent = decode.spent().unwrap();
    assert_eq!((spent.model.as_str(), spent.usage.prompt_tokens()), ("claude-x", 15));
    assert_eq!(spent.streamed_chars, 8);
    assert_eq!(decode.end(&mut out).unwrap_err().kind, ErrorKind::Cut);
}

#[test]
fn wherever_a_stream_is_cut_it_is_an_error_and_never_an_answer() {
    let as_sent = |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"]);
    let wire = sample().iter().map(as_sent).collect::<Vec<_>>().concat();
    let last_frame_ends = wire.len() - 1;
    for end in 0..wire.len() {
        let (mut reader, mut frames) = (Frames::default(), VecDeque::new());
        reader.feed(&wire.as_bytes()[..end], &mut frames).unwrap();
        let (mut decode, mut out) = (Decode::new(None), VecDeque::new());
        for frame in &frames {
            decode.frame(frame, &mut out).unwrap();
        }
        assert_eq!(decode.is_done(), end > last_frame_ends, "cut at {end}");
        assert!(reader.is_mid_event() || decode.end(&mut out).is_err());
    }
}

proptest! {
    #[test]
    fn no_order_of_events_makes_it_panic(picks in prop::collection::vec(0_usize..19, 0..40)) {
        let sample = sample();
        let events: Vec<Value> = picks.iter().map(|&pick| sample[pick].clone()).collect();
        let _ = run(&events);
    }

    #[test]
    fn no_data_makes_it_panic(data in "\\PC{0,60}", kind in "(ping|error|message_start|content_block_delta)") {
        let mut out = VecDeque::new();
        let odd = json!({"type": kind, "index": 0, "delta": data, "error": data, "message": 3});
        let _ = Decode::new(None).frame(&frame(&odd), &mut out);
        let _ = Decode::new(None).frame(&Frame { event: kind, data }, &mut out);
    }
}
