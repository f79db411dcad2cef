//! A whole log and a whole result.

use expect_test::expect;
use serde_json::json;

use super::research;
use crate::claude::log;

#[tokio::test]
async fn three_questions_one_after_the_other() {
    let site = research(json!({"max_parallel": 1})).await;
    let mut result = site.result().await;
    expect![[r#"
        {"kind":"step","name":"plan","status":"begun"}
        {"call":"plan/1","cost_usd":0.000426,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":103,"output_tokens":22,"service_tier":"standard","thinking_tokens":0}}
        {"kind":"step","name":"plan","status":"done"}
        {"fraction":0.2,"kind":"progress","message":"there are 3 questions"}
        {"kind":"step","message":"What of A?","name":"question-1","status":"begun"}
        {"call":"question-1/turn/1","cost_usd":0.000606,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":128,"output_tokens":35,"service_tier":"standard","thinking_tokens":0}}
        {"kind":"step","name":"question-1","status":"done"}
        {"fraction":0.4,"kind":"progress","message":"question 1 of 3 is answered"}
        {"kind":"step","message":"What of B?","name":"question-2","status":"begun"}
        {"call":"question-2/turn/1","cost_usd":0.000606,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":128,"output_tokens":35,"service_tier":"standard","thinking_tokens":0}}
        {"kind":"step","name":"question-2","status":"done"}
        {"fraction":0.6,"kind":"progress","message":"question 2 of 3 is answered"}
        {"kind":"step","message":"What of C?","name":"question-3","status":"begun"}
        {"call":"question-3/turn/1","cost_usd":0.000606,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":128,"output_tokens":35,"service_tier":"standard","thinking_tokens":0}}
        {"kind":"step","name":"question-3","status":"done"}
        {"fraction":0.8,"kind":"progress","message":"question 3 of 3 is answered"}
        {"kind":"step","name":"synthesis","status":"begun"}
        {"kind":"text","text":"This is a simulated answer of claude-sonnet-5-5. You said: Topic: tides\n\nFindings:\n\n[1] What of A?\nThis is a simulated answer of claude-sonnet-5-5. You said: Question: What of A?\n\nThis is question 1 of 3 of a research on the topic: tides\n\n[2] What of B?\nThis is a simulated answer of claude-sonnet-5-5. You said: Question: What of B?\n\nThis is question 2 of 3 "}
        {"call":"synthesis/answer","cost_usd":0.001406,"kind":"usage","model":"claude-sonnet-5-5","provider":"anthropic","usage":{"cache_read_input_tokens":0,"cache_write_1h_input_tokens":0,"cache_write_5m_input_tokens":0,"input_tokens":253,"output_tokens":90,"service_tier":"standard","thinking_tokens":0}}
        {"kind":"step","name":"synthesis","status":"done"}
        {"fraction":1.0,"kind":"progress","message":"the synthesis is written"}
    "#]].assert_eq(&log(&site.gateway.heard().events));
    for volatile in ["processed_by", "processed_at"] {
        assert!(result.as_object_mut().unwrap().remove(volatile).unwrap().is_string());
    }
    expect![[r#"
        {
          "findings": [
            {
              "answer": "This is a simulated answer of claude-sonnet-5-5. You said: Question: What of A?\n\nThis is question 1 of 3 of a research on the topic: tides",
              "question": "What of A?",
              "sources": []
            },
            {
              "answer": "This is a simulated answer of claude-sonnet-5-5. You said: Question: What of B?\n\nThis is question 2 of 3 of a research on the topic: tides",
              "question": "What of B?",
              "sources": []
            },
            {
              "answer": "This is a simulated answer of claude-sonnet-5-5. You said: Question: What of C?\n\nThis is question 3 of 3 of a research on the topic: tides",
              "question": "What of C?",
              "sources": []
            }
          ],
          "model": "claude-sonnet-5-5",
          "research_plan": {
            "approach": "One after the other.",
            "questions": [
              "What of A?",
              "What of B?",
              "What of C?"
            ]
          },
          "sources": [],
          "synthesis": "This is a simulated answer of claude-sonnet-5-5. You said: Topic: tides\n\nFindings:\n\n[1] What of A?\nThis is a simulated answer of claude-sonnet-5-5. You said: Question: What of A?\n\nThis is question 1 of 3 of a research on the topic: tides\n\n[2] What of B?\nThis is a simulated answer of claude-sonnet-5-5. You said: Question: What of B?\n\nThis is question 2 of 3 ",
          "topic": "tides",
          "usage": {
            "cache_read_input_tokens": 0,
            "cache_write_1h_input_tokens": 0,
            "cache_write_5m_input_tokens": 0,
            "input_tokens": 740,
            "output_tokens": 217,
            "thinking_tokens": 0
          }
        }"#]].assert_eq(&format!("{result:#}"));
}
