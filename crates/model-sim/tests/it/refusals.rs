use agent_runner_llm::{Block, ErrorKind, Message, Request, Role};

use super::{CLAUDE, GPT, clients, request, simulator, weather};

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let sim = simulator().await;
    for (client, _) in clients(&sim) {
        for model in ["claude-sonnet-4-20250514", "gpt-2", "nonsense"] {
            let error = client.complete(&request(model, "hi")).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotFound);
            assert!(error.message.contains(model) && error.request_id.is_some(), "{error}");
        }
    }
}

#[tokio::test]
async fn a_call_of_a_tool_must_be_answered() {
    let sim = simulator().await;
    for (client, model) in clients(&sim) {
        let mut request = request(model, "use get_weather");
        request.tools = vec![weather()];
        let asks = client.complete(&request).await.unwrap();
        request.messages.push(asks.to_message());
        let ignored = client.complete(&request.clone().user("and?")).await.unwrap_err();
        assert_eq!(ignored.kind, ErrorKind::InvalidRequest);
        assert!(ignored.message.contains(&asks.tool_uses().next().unwrap().id), "{ignored}");
        let stray = Block::tool_result("toolu_stray", "x", false);
        request.messages.push(Message { role: Role::User, content: vec![stray] });
        assert_eq!(client.complete(&request).await.unwrap_err().kind, ErrorKind::InvalidRequest);
    }
}

#[tokio::test]
async fn limits_are_kept() {
    let sim = simulator().await;
    let [(claude, _), (gpt, _)] = clients(&sim);
    let mut long = request(CLAUDE, &"word ".repeat(900_000));
    let error = claude.complete(&long).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ContextTooLong, "{error}");
    long.messages = vec![Message::user("hi")];
    long.max_tokens = 200_000;
    let error = claude.complete(&long).await.unwrap_err();
    assert!(error.message.starts_with("max_tokens: 200000 > 128000"), "{error}");
    let mut odd = request(GPT, "hi");
    odd.extra.insert("max_tokens".into(), 5.into());
    assert_eq!(
        gpt.complete(&odd).await.unwrap_err().provider_type.unwrap(),
        "unsupported_parameter"
    );
}

#[tokio::test]
async fn limits_of_openai_are_kept() {
    let sim = simulator().await;
    let [_, (gpt, _)] = clients(&sim);
    let long = request(GPT, &"word ".repeat(300_000));
    let error = gpt.complete(&long).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ContextTooLong, "{error}");
    let changed = async |change: fn(&mut Request)| {
        let mut request = request(GPT, "hi");
        change(&mut request);
        gpt.complete(&request).await.unwrap_err().to_string()
    };
    let said = changed(|it| it.max_tokens = 200_000).await;
    assert!(said.contains("max_completion_tokens is too large: 200000"), "{said}");
    let said = changed(|it| it.temperature = Some(3.0)).await;
    assert!(said.contains("Expected a value <= 2, but got 3"), "{said}");
}

#[tokio::test]
async fn what_the_newer_version_refuses_is_asked_by_the_older_one() {
    let sim = simulator().await;
    let [(claude, _), _] = clients(&sim);
    let mut sampled = request(CLAUDE, "hi");
    sampled.temperature = Some(0.3);
    claude.complete(&sampled).await.unwrap();
    let mut smuggled = request(CLAUDE, "hi");
    smuggled.extra.insert("top_k".into(), 3.into());
    assert!(
        claude.complete(&smuggled).await.unwrap_err().message.starts_with("top_k: Extra inputs")
    );
}

#[tokio::test]
async fn models_are_listed_and_tokens_counted() {
    let sim = simulator().await;
    let [(claude, _), (gpt, _)] = clients(&sim);
    assert!(claude.models().await.unwrap().iter().any(|model| model.id == CLAUDE));
    assert!(gpt.models().await.unwrap().iter().any(|model| model.id == GPT));
    let counted = claude.count_tokens(&request(CLAUDE, "hi")).await.unwrap();
    let used = claude.complete(&request(CLAUDE, "hi")).await.unwrap().usage.unwrap();
    assert_eq!(counted, Some(used.prompt_tokens()));
    assert_eq!(gpt.count_tokens(&request(GPT, "hi")).await.unwrap(), None);
}
