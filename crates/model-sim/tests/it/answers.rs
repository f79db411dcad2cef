use agent_runner_llm::{Block, CacheFor, Message, Role, StopReason};
use agent_runner_model_sim::{Answer, Scripted};
use serde_json::{Value, json};

use super::{CLAUDE, clients, request, simulator, weather};

#[tokio::test]
async fn a_stream_says_what_the_whole_answer_says() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        let request = request(model, "Grüße 😀, please write 40 words");
        let whole = client.complete(&request).await.unwrap();
        let streamed = client.stream(&request).await.unwrap().finish().await.unwrap();
        assert_eq!(whole.text(), streamed.text());
        assert_eq!(whole.usage, streamed.usage);
        assert_eq!((whole.stop_reason, whole.model), (StopReason::EndTurn, model.to_owned()));
        assert!(whole.request_id.is_some() && streamed.request_id.is_some());
    }
    assert_eq!(sim.world().paid(), 4);
}

#[tokio::test]
async fn a_tool_loop_runs_to_its_end() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        let mut request = request(model, "use get_weather with city=Ulm");
        request.tools = vec![weather()];
        let asks = client.stream(&request).await.unwrap().finish().await.unwrap();
        assert_eq!(asks.stop_reason, StopReason::ToolUse);
        let call = asks.tool_uses().next().unwrap();
        assert_eq!(call.input(), Ok(json!({"city": "Ulm"})));
        let result = Block::tool_result(&call.id, "rain", false);
        request.messages.push(asks.to_message());
        request.messages.push(Message { role: Role::User, content: vec![result] });
        let end = client.stream(&request).await.unwrap().finish().await.unwrap();
        assert_eq!(end.text(), "The tools said: rain");
    }
}

#[tokio::test]
async fn a_schema_is_kept() {
    let sim = simulator().await;
    let schema = json!({"type": "object", "required": ["questions"], "additionalProperties": false,
        "properties": {"questions": {"type": "array", "items": {"type": "string"}, "minItems": 4}}});
    for (client, model) in clients(&sim) {
        let mut request = request(model, "plan research of the sea");
        request.output_schema = Some(schema.clone());
        let text = client.complete(&request).await.unwrap().text();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(jsonschema::is_valid(&schema, &value), "{value}");
    }
}

#[tokio::test]
async fn scripts_come_before_rules() {
    let sim = simulator().await;
    sim.world().add_answer(Scripted {
        contains: "secret".into(),
        times: Some(1),
        answer: Answer { stop_reason: Some("refusal".into()), ..Answer::text("no") },
    });
    let [(claude, model), _] = clients(&sim);
    let refused = claude.complete(&request(model, "the secret?")).await.unwrap();
    assert_eq!((refused.text().as_str(), &refused.stop_reason), ("no", &StopReason::Refusal));
    let again = claude.complete(&request(model, "the secret?")).await.unwrap();
    assert_eq!(again.stop_reason, StopReason::EndTurn);
}

#[tokio::test]
async fn answers_end_where_they_should() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        let mut request = request(model, "write 90 words");
        request.max_tokens = 5;
        let full = client.complete(&request).await.unwrap();
        assert_eq!(
            (full.stop_reason, full.usage.unwrap().output_tokens),
            (StopReason::MaxTokens, 5)
        );
    }
}

#[tokio::test]
async fn thinking_has_to_come_back_as_it_was() {
    let sim = simulator().await;
    let [(claude, _), _] = clients(&sim);
    let mut request = request(CLAUDE, "think");
    request.extra.insert("thinking".into(), json!({"type": "adaptive"}));
    let answer = claude.stream(&request).await.unwrap().finish().await.unwrap();
    request.messages.push(answer.to_message());
    request = request.user("more");
    claude.complete(&request).await.unwrap();

    let changed = answer.content[0].raw().get().replace("They want", "They wanted");
    request.messages[1].content[0] = serde_json::from_str(&changed).unwrap();
    let error = claude.complete(&request).await.unwrap_err();
    assert!(error.message.contains("Invalid `signature`"), "{error}");
}

#[tokio::test]
async fn a_prompt_that_was_seen_is_read_from_the_cache() {
    let sim = simulator().await;
    let [(claude, _), _] = clients(&sim);
    let mut request = request(CLAUDE, "hi");
    request.system = Some("a long system prompt".repeat(20));
    request.cache = Some(CacheFor::OneHour);
    let first = claude.complete(&request).await.unwrap().usage.unwrap();
    let second = claude.complete(&request).await.unwrap().usage.unwrap();
    assert!(first.cache_write_1h_input_tokens > 100 && first.cache_read_input_tokens == 0);
    assert_eq!(second.cache_read_input_tokens, first.cache_write_1h_input_tokens);
    assert_eq!((second.input_tokens, second.cache_write_1h_input_tokens), (0, 0));
}
