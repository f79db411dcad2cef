//! Lets our client ask a simulator everything that it can ask, so that a judge can look at the
//! bodies: `speak http://127.0.0.1:8787`.

use std::sync::Arc;

use agent_runner_llm::{
    Anthropic, Auth, Block, CacheFor, Dialect, Effort, Error, Key, Message, Model, OpenAi, Options,
    Request, Role, Tool, ToolChoice,
};
use serde_json::json;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).ok_or_else(|| anyhow::anyhow!("usage: speak URL"))?;
    let key = || Key::new("sk-sim");
    let auth = Auth::ApiKey(key());
    let claude = Anthropic::new("anthropic", &url, auth, Options::default())?;
    speak(Arc::new(claude), "claude-sonnet-5-5").await?;
    let (base, auth) = (format!("{url}/v1"), Auth::Bearer(key()));
    let ours = OpenAi::new("openai", &base, Dialect::OpenAi, auth.clone(), Options::default())?;
    speak(Arc::new(ours), "gpt-6-luna").await?;
    let theirs = OpenAi::new("zai", &base, Dialect::Compatible, auth, Options::default())?;
    speak(Arc::new(theirs), "glm-5.3").await?;
    Ok(())
}

async fn speak(client: Arc<dyn Model>, model: &str) -> Result<(), Error> {
    for request in [plain(model), full(model), sampled(model)] {
        client.count_tokens(&request).await?;
        client.complete(&request).await?;
        client.stream(&request).await?.finish().await?;
    }
    for choice in [ToolChoice::Auto, ToolChoice::Any, ToolChoice::Tool("get_time".into())] {
        tool_loop(client.as_ref(), Request { tool_choice: choice, ..with_tools(model) }).await?;
    }
    Ok(())
}

fn plain(model: &str) -> Request {
    Request::new(model, 512).user("Hello")
}

fn with_tools(model: &str) -> Request {
    let tool = |name: &str| Tool {
        name: name.into(),
        description: "Tells it.".into(),
        input_schema: json!({"type": "object", "properties": {"city": {"type": "string"}},
            "required": ["city"], "additionalProperties": false}),
        strict: true,
    };
    let tools = vec![tool("get_weather"), tool("get_time")];
    Request { tools, ..plain(model).user("get_weather and get_time, city=Ulm") }
}

fn full(model: &str) -> Request {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
        "additionalProperties": false});
    let content = vec![
        Block::image("image/png", "iVBORw0KGgo="),
        Block::pdf("a.pdf", "JVBERi0="),
        Block::plain_document("notes", "some notes"),
        Block::text("What is in them?"),
    ];
    Request {
        system: Some("Be brief.".into()),
        messages: vec![Message { role: Role::User, content }],
        stop_sequences: vec!["END".into()],
        output_schema: Some(schema),
        effort: Some(Effort::High),
        cache: Some(CacheFor::OneHour),
        service_tier: Some("auto".into()),
        user: Some("user-1".into()),
        ..plain(model)
    }
}

fn sampled(model: &str) -> Request {
    Request {
        temperature: Some(0.5),
        top_p: Some(0.9),
        one_tool_at_a_time: true,
        ..with_tools(model)
    }
}

async fn tool_loop(client: &dyn Model, mut request: Request) -> Result<(), Error> {
    let asks = client.stream(&request).await?.finish().await?;
    let results = asks
        .tool_uses()
        .enumerate()
        .map(|(at, call)| Block::tool_result(&call.id, "it is so", at == 1));
    let content: Vec<Block> = results.collect();
    request.messages.push(asks.to_message());
    request.messages.push(Message { role: Role::User, content });
    request.tool_choice = ToolChoice::None;
    client.complete(&request).await.map(drop)
}
