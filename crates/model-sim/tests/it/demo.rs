use agent_runner_llm::{Block, Message, Role, StopReason};
use serde_json::json;

use super::{clients, request, simulator, weather};

#[tokio::test]
async fn a_loop_calls_what_is_offered_and_ends() {
    let sim = simulator().await;
    sim.world().speak_to_people();
    for (client, model) in clients(&sim) {
        let mut request = request(model, "How is it outside?");
        request.tools = vec![weather()];
        let asks = client.stream(&request).await.unwrap().finish().await.unwrap();
        assert_eq!(asks.stop_reason, StopReason::ToolUse);
        let call = asks.tool_uses().next().unwrap();
        assert!(call.input().unwrap()["city"].is_string());
        let result = Block::tool_result(&call.id, "rain", false);
        request.messages.push(asks.to_message());
        request.messages.push(Message { role: Role::User, content: vec![result] });
        let end = client.stream(&request).await.unwrap().finish().await.unwrap();
        assert_eq!(end.stop_reason, StopReason::EndTurn);
        assert!(end.text().contains("- get_weather: rain"), "{}", end.text());
    }
}

#[tokio::test]
async fn the_same_question_gets_the_same_answer() {
    let sim = simulator().await;
    sim.world().speak_to_people();
    let schema = json!({"type": "object", "required": ["questions"],
        "properties": {"questions": {"type": "array", "items": {"type": "string"}}}});
    for (client, model) in clients(&sim) {
        let mut request = request(model, "Plan it. Topic: moths");
        request.output_schema = Some(schema.clone());
        let first = client.complete(&request).await.unwrap().text();
        assert_eq!(client.complete(&request).await.unwrap().text(), first);
    }
}
