use agent_runner_llm::{Dialect, Model, Request, StopReason, Tool};
use futures::StreamExt;
use serde_json::json;

use crate::script::{KEY, Reply, Server};

const ANSWER: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",
  "message":{"role":"assistant","content":"4"}}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;

#[tokio::test]
async fn a_whole_answer() {
    let server = Server::start([Reply::json(200, "x-request-id: req_9\r\n", ANSWER)]).await;
    let mut request = Request::new("m", 9).user("2+2?");
    request.system = Some("be brief".into());
    request.tools = vec![Tool {
        name: "add".into(),
        description: "adds".into(),
        input_schema: json!({"type": "object"}),
        strict: false,
    }];
    let response = server.openai(Dialect::OpenAi).complete(&request).await.unwrap();
    assert_eq!((response.text().as_str(), &response.stop_reason), ("4", &StopReason::EndTurn));
    assert_eq!(response.request_id.as_deref(), Some("req_9"));
    let asked = &server.asked()[0];
    assert!(asked.head.starts_with("post /v1/chat/completions "), "{}", asked.head);
    assert!(asked.head.contains(&format!("authorization: bearer {KEY}")));
    let function = json!({"name": "add", "description": "adds", "parameters": {"type": "object"}});
    let expected = json!({"model": "m", "max_completion_tokens": 9,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "2+2?"}],
        "tools": [{"type": "function", "function": function}]});
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn a_stream_with_counts_at_its_end() {
    let body = concat!(
        ": OPENROUTER PROCESSING\n\n",
        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n",
        "data: [DONE]\n\n",
    );
    let server = Server::start([Reply::stream(body)]).await;
    let client = server.openai(Dialect::Compatible);
    let events: Vec<_> =
        client.stream(&Request::new("m", 9).user("hi")).await.unwrap().collect().await;
    assert_eq!(events.len(), 5, "{events:?}");
    let asked = &server.asked()[0].body;
    assert_eq!(
        (&asked["max_tokens"], &asked["stream_options"]),
        (&json!(9), &json!({"include_usage": true}))
    );
}
