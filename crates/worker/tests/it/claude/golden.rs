//! Whole logs, and whole results.

use agent_runner_model_sim::{Answer, Scripted};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{Site, log};

async fn logged(site: &Site, expected: &Expect) -> Value {
    let result = site.result().await;
    expected.assert_eq(&log(&site.gateway.heard().events));
    result
}

#[tokio::test]
async fn a_chat() {
    let payload = json!({"prompt": "hello", "system": "be kind"});
    let site = Site::start("claude_chat", payload).await;
    let mut result = logged(&site, &expect![[r#"
        {"kind":"text","text":"This is a simulated answer of claude-sonnet-5-5. You said: hello"}
        {"call":"answer","cost_usd":0.000196,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":18,"output_tokens":16,"service_tier":"standard","thinking_tokens":0}}
    "#]]).await;
    assert!(result["processed_by"].as_str().unwrap().starts_with("agent-runner-worker/"));
    assert!(result["processed_at"].as_str().unwrap().ends_with('Z'));
    for volatile in ["processed_by", "processed_at"] {
        result.as_object_mut().unwrap().remove(volatile);
    }
    expect![[r#"
        {
          "model": "claude-sonnet-5-5",
          "response": "This is a simulated answer of claude-sonnet-5-5. You said: hello",
          "stop_reason": "end_turn",
          "usage": {
            "cache_read_input_tokens": 0,
            "cache_write_1h_input_tokens": 0,
            "cache_write_5m_input_tokens": 0,
            "input_tokens": 18,
            "output_tokens": 16,
            "service_tier": "standard",
            "thinking_tokens": 0
          }
        }"#]]
    .assert_eq(&format!("{result:#}"));
}

#[tokio::test]
async fn a_program() {
    let payload =
        json!({"specification": "a program that says it was simulated", "language": "rust"});
    let site = Site::start("claude_code", payload).await;
    let result = logged(&site, &expect![[r#"
        {"kind":"text","text":"Here it is:\n\n```rust\nfn main() {\n    println!(\"simulated\");\n}\n```\n"}
        {"call":"answer","cost_usd":0.00033,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":80,"output_tokens":17,"service_tier":"standard","thinking_tokens":0}}
        {"bytes":41,"kind":"artifact","name":"code.rs"}
    "#]]).await;
    expect![[r#"
        {
          "code": "fn main() {\n    println!(\"simulated\");\n}",
          "filename": "code.rs",
          "language": "rust",
          "model": "claude-sonnet-5-5",
          "stop_reason": "end_turn",
          "usage": {
            "cache_read_input_tokens": 0,
            "cache_write_1h_input_tokens": 0,
            "cache_write_5m_input_tokens": 0,
            "input_tokens": 80,
            "output_tokens": 17,
            "service_tier": "standard",
            "thinking_tokens": 0
          }
        }"#]]
    .assert_eq(&format!("{result:#}"));
    let file = site.gateway.heard().artifacts["code.rs"].clone();
    assert_eq!(String::from_utf8(file).unwrap(), format!("{}\n", result["code"].as_str().unwrap()));
}

#[tokio::test]
async fn an_answer_that_breaks_off_once() {
    let payload = json!({"prompt": "30 words", "model": "claude-opus-5-5+cut=5+times=1"});
    let site = Site::start("claude_chat", payload).await;
    site.simulator.world().set_pace(super::PACE);
    logged(&site, &expect![[r#"
        {"kind":"text","text":"word word word w"}
        {"kind":"step","message":"the answer broke off: unexpected EOF during chunk size line (request req_sim00000000000000000002); what it had written is void; asked again in … s","name":"answer","status":"failed"}
        {"call":"answer","cost_usd":0.000184,"kind":"usage","model":"claude-opus-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"estimated":true,"input_tokens":16,"output_tokens":6,"service_tier":"standard"}}
        {"kind":"text","text":"word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word"}
        {"call":"answer","cost_usd":0.000824,"kind":"usage","model":"claude-opus-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":16,"output_tokens":38,"service_tier":"standard","thinking_tokens":0}}
    "#]]).await;
    assert_eq!(site.simulator.world().paid(), 2);
}

#[tokio::test]
async fn a_demonstration_with_a_scripted_answer() {
    let site = Site::start("claude_chat", json!({"prompt": "sing"})).await;
    let answer = Answer { stop_reason: Some("max_tokens".into()), ..Answer::text("la la") };
    site.simulator.world().add_answer(Scripted { answer, ..Scripted::default() });
    site.gateway.set("AGENT_RUNNER_DEMO", "1");
    let result = logged(&site, &expect![[r#"
        {"kind":"log","line":"demo: a simulator plays the models; nothing that they say is true, and nothing is paid","stream":"worker"}
        {"kind":"text","text":"la la"}
        {"call":"answer","cost_usd":0.00005,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":15,"output_tokens":2,"service_tier":"standard","thinking_tokens":0}}
    "#]]).await;
    assert_eq!((&result["demo"], &result["stop_reason"]), (&json!(true), &json!("max_tokens")));
}
