//! What the model is asked.

use serde_json::{Value, json};

use super::{answered, pages::Pages, plan, research};
use crate::claude::Site;

async fn asked(site: &Site) -> Vec<Value> {
    site.result().await;
    site.simulator.world().bodies()
}

#[tokio::test]
async fn the_depth_says_how_much_trouble_is_taken_and_the_payload_what_to_heed() {
    for (depth, effort, max_tokens) in [
        ("shallow", json!("low"), 2_048),
        ("normal", Value::Null, 4_096),
        ("deep", json!("high"), 16_384),
    ] {
        let more = json!({"depth": depth, "system": "Answer in German.", "max_parallel": 1});
        let bodies = asked(&research(more).await).await;
        assert_eq!(bodies.len(), 5);
        for body in &bodies {
            assert_eq!(body["output_config"]["effort"], effort, "{depth}");
            assert!(body["system"].as_str().unwrap().ends_with("\n\nAnswer in German."));
        }
        let (plan, rest) = bodies.split_first().unwrap();
        assert_eq!(plan["output_config"]["format"]["type"], "json_schema");
        assert_eq!(plan["max_tokens"], 4_096);
        for body in rest {
            assert_eq!((&body["max_tokens"], body.get("tools")), (&json!(max_tokens), None));
            assert!(body["output_config"].get("format").is_none());
        }
        let without_tools = rest[0]["system"].as_str().unwrap();
        assert!(without_tools.contains("You cannot look anything up"), "{without_tools}");
    }
}

#[tokio::test]
async fn whoever_speaks_openais_api_plans_by_the_same_schema() {
    let site = research(json!({"model": "openai/gpt-6-luna", "questions": 5})).await;
    site.gateway.set("OPENAI_API_KEY", "sk-simulated");
    site.gateway.set("OPENAI_BASE_URL", &format!("{}/v1", site.simulator.url()));
    site.simulator.world().forget_answers();
    let result = site.result().await;
    assert_eq!(answered(&result), [true; 5]);
    let plan = site.simulator.world().bodies().remove(0);
    assert_eq!(plan["response_format"]["type"], "json_schema");
}

/// The last turn has no tools, so a model that never has enough still says what it has found.
#[tokio::test]
async fn a_question_ends_in_words_when_its_turns_are_over() {
    let pages = Pages::start().await;
    let site = research(json!({"tools": ["http_fetch"], "depth": "shallow"})).await;
    site.gateway.set("AGENT_RUNNER_TOOLS_ALLOW_PRIVATE", "1");
    site.simulator.world().forget_answers();
    let [a, ..] = pages.questions();
    plan(site.simulator.world(), &[&format!("{a} forever"), "What of B?", "What of C?"]);
    let result = site.result().await;
    assert_eq!(answered(&result), [true, true, true]);
    assert_eq!(pages.hits(), ["/a", "/a", "/a"]);
    let bodies = site.simulator.world().bodies();
    let last = bodies.iter().filter(|body| body["tool_choice"] == json!({"type": "none"}));
    assert_eq!(last.count(), 1);
}
