use agent_runner_llm::{Block, Message, Model, Request, StopReason};

use crate::script::{KEY, Reply, Server};

const ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x",
  "content":[{"type":"thinking","thinking":"hm","signature":"a+/=="},{"type":"novelty", "v":1.50},{"type":"text","text":"4"}],
  "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":2}}"#;

#[tokio::test]
async fn what_the_model_said_goes_back_byte_for_byte() {
    let reply = Reply::json(200, "request-id: req_1\r\n", ANSWER);
    let server = Server::start([reply.clone(), reply]).await;
    let client = server.anthropic();
    let mut request = Request::new("claude-x", 9).user("2+2?");

    let response = client.complete(&request).await.unwrap();
    assert_eq!((response.text().as_str(), &response.stop_reason), ("4", &StopReason::EndTurn));
    assert_eq!(response.request_id.as_deref(), Some("req_1"));

    let kept = serde_json::to_string(&response.to_message()).unwrap();
    assert!(kept.contains(r#"{"type":"novelty", "v":1.50}"#), "{kept}");
    request.messages.push(serde_json::from_str::<Message>(&kept).unwrap());
    client.complete(&request.user("sure?")).await.unwrap();
    let back = server.asked()[1].body["messages"][1]["content"].to_string();
    assert!(back.contains(r#""signature":"a+/==""#), "{back}");
}

#[tokio::test]
async fn the_key_and_the_version_are_sent() {
    let server = Server::start([Reply::json(200, "", ANSWER), Reply::json(200, "", ANSWER)]).await;
    let mut request = Request::new("claude-x", 9).user("hi");
    server.anthropic().complete(&request).await.unwrap();
    request.temperature = Some(0.2);
    server.anthropic().complete(&request).await.unwrap();
    let [plain, sampled] = &server.asked()[..] else { panic!() };
    assert!(plain.head.starts_with("post /v1/messages http/1.1"), "{}", plain.head);
    assert!(plain.head.contains(&format!("x-api-key: {KEY}")));
    assert!(plain.head.contains("anthropic-version: 2026-10-21"));
    assert!(sampled.head.contains("anthropic-version: 2023-06-01"));
}

#[tokio::test]
async fn tokens_are_counted_and_models_listed_page_by_page() {
    let server = Server::start([
        Reply::json(200, "", r#"{"input_tokens":17}"#),
        Reply::json(200, "", r#"{"data":[{"type":"model","id":"a","display_name":"A","max_tokens":5}],"has_more":true,"last_id":"a"}"#),
        Reply::json(200, "", r#"{"data":[{"type":"model","id":"b"}],"has_more":false,"last_id":"b"}"#),
    ])
    .await;
    let client = server.anthropic();
    let mut request = Request::new("claude-x", 9).user("hi");
    request.messages[0].content.push(Block::image("image/png", "AAAA"));
    assert_eq!(client.count_tokens(&request).await.unwrap(), Some(17));
    let models = client.models().await.unwrap();
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!((ids, models[0].output_tokens_max), (vec!["a", "b"], Some(5)));
    let asked = server.asked();
    assert_eq!(asked[0].body.get("max_tokens"), None);
    assert!(
        asked[2].head.starts_with("get /v1/models?limit=1000&after_id=a "),
        "{}",
        asked[2].head
    );
}
