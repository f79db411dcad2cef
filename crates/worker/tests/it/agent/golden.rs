//! A whole log and a whole result.

use expect_test::expect;
use serde_json::json;

use super::{agent, call, end, play};
use crate::claude::log;

#[tokio::test]
async fn a_sum_and_a_file() {
    let tools = json!(["calculator", "write_file"]);
    let sum = call("calculator", json!({"expression": "17 * 23"}));
    let note = call("write_file", json!({"path": "sum.txt", "content": "391"}));
    let site = play(agent(tools), vec![sum, note, end()]).await;
    let mut result = site.result().await;
    let log = without_times(&log(&site.gateway.heard().events));
    expect![[r#"
        {"call":"turn/1","cost_usd":0.000645,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":218,"input_tokens":0,"output_tokens":10,"service_tier":"standard","thinking_tokens":0}}
        {"id":"toolu_sim00000000000000000002","input":{"expression":"17 * 23"},"kind":"tool_call","name":"calculator"}
        {"id":"toolu_sim00000000000000000002","is_error":false,"kind":"tool_result","ms":0,"name":"calculator","output":"391"}
        {"call":"turn/2","cost_usd":0.0003118,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":218,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":64,"input_tokens":0,"output_tokens":13,"service_tier":"standard","thinking_tokens":0}}
        {"id":"toolu_sim00000000000000000005","input":{"content":"391","path":"sum.txt"},"kind":"tool_call","name":"write_file"}
        {"bytes":3,"kind":"artifact","name":"sum.txt"}
        {"id":"toolu_sim00000000000000000005","is_error":false,"kind":"tool_result","ms":0,"name":"write_file","output":"3 bytes are in `sum.txt`"}
        {"kind":"text","text":"done"}
        {"call":"turn/3","cost_usd":0.0002182,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":282,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":72,"input_tokens":0,"output_tokens":1,"service_tier":"standard","thinking_tokens":0}}
    "#]].assert_eq(&log);
    for volatile in ["processed_by", "processed_at", "usage"] {
        assert!(result.as_object_mut().unwrap().remove(volatile).is_some(), "{volatile}");
    }
    for call in result["tool_calls"].as_array_mut().unwrap() {
        assert!(call.as_object_mut().unwrap().remove("ms").unwrap().is_u64());
    }
    let expected = json!({
        "model": "claude-sonnet-5-5", "response": "done", "stop_reason": "end_turn", "turns": 3,
        "tool_calls": [
            {"name": "calculator", "input": {"expression": "17 * 23"}, "output": "391", "is_error": false},
            {"name": "write_file", "input": {"path": "sum.txt", "content": "391"},
                "output": "3 bytes are in `sum.txt`", "is_error": false},
        ],
    });
    assert_eq!(result, expected);
    assert_eq!(site.gateway.heard().artifacts["sum.txt"], b"391");
}

fn without_times(log: &str) -> String {
    let mut parts = log.split("\"ms\":");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.fold(first, |log, part| log + "\"ms\":0" + part)
}
