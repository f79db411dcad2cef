//! Our clients against `aimock`, a stand-in that nobody here has written: `against_aimock URL CHAOS`.
//! CHAOS names what the server was told to do wrong with every request; `none` is a healthy server.

use std::sync::Arc;
use std::time::Duration;

use agent_runner_llm::{
    Anthropic, Auth, Block, Dialect, Error, ErrorKind, Key, Message, Model, OpenAi, Options,
    Request, Role, Tool,
};

/// A client, and a model that it knows.
type Asked = (Arc<dyn Model>, &'static str);

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let mut words = std::env::args().skip(1);
    let (Some(url), Some(chaos)) = (words.next(), words.next()) else {
        return Err("usage: against_aimock URL none|drop|malformed|disconnect|ratelimit".into());
    };
    for (client, model) in clients(&url)? {
        match chaos.as_str() {
            "none" => {
                chat(client.as_ref(), model).await?;
                tools(client.as_ref(), model).await?;
                cut(client.as_ref(), model).await?;
            }
            "drop" => fails(client.as_ref(), model, &[ErrorKind::Server]).await?,
            "malformed" => fails(client.as_ref(), model, &[ErrorKind::Protocol]).await?,
            "disconnect" => {
                fails(client.as_ref(), model, &[ErrorKind::Connection, ErrorKind::Cut]).await?;
            }
            "ratelimit" => fails(client.as_ref(), model, &[ErrorKind::RateLimit]).await?,
            other => return Err(format!("{other} is no chaos that is known here").into()),
        }
        println!("ok  {} with aimock, chaos: {chaos}", client.provider());
    }
    Ok(())
}

fn clients(url: &str) -> Result<[Asked; 2], Error> {
    let key = || Key::new("sk-test");
    let mut options = Options::default();
    options.limits.idle = Duration::from_secs(5);
    options.limits.first_byte = Duration::from_secs(5);
    let base = format!("{url}/v1");
    let claude = Anthropic::new("anthropic", url, Auth::ApiKey(key()), options.clone())?;
    let gpt = OpenAi::new("openai", &base, Dialect::OpenAi, Auth::Bearer(key()), options)?;
    Ok([(Arc::new(claude), "claude-sonnet-5-5"), (Arc::new(gpt), "gpt-6-luna")])
}

fn wanted(what: &str, is_so: bool) -> Outcome {
    if is_so { Ok(()) } else { Err(format!("wanted: {what}").into()) }
}

async fn chat(client: &dyn Model, model: &str) -> Outcome {
    let request = Request::new(model, 100).user("hello");
    let whole = client.complete(&request).await?;
    let streamed = client.stream(&request).await?.finish().await?;
    wanted("the text", whole.text() == "Grüße 😀, what can I do for you today?")?;
    wanted("the same text, streamed", whole.text() == streamed.text())?;
    wanted("the same end", whole.stop_reason == streamed.stop_reason)?;
    wanted("counts", whole.usage.is_some() && streamed.usage.is_some())
}

async fn tools(client: &dyn Model, model: &str) -> Outcome {
    let mut request = Request::new(model, 100).user("the weather, please");
    request.tools = ["get_weather", "get_time"].map(tool).into();
    let asks = client.stream(&request).await?.finish().await?;
    let inputs: Vec<_> = asks.tool_uses().map(|call| (call.name.as_str(), call.input())).collect();
    let city = serde_json::json!({"city": "Ulm"});
    let expected = [("get_weather", Ok(city)), ("get_time", Ok(serde_json::json!({})))];
    wanted("two calls with their inputs", inputs == expected)?;
    wanted(
        "the same calls in a whole answer",
        client.complete(&request).await?.tool_uses().count() == 2,
    )?;
    let results =
        asks.tool_uses().map(|call| Block::tool_result(&call.id, "rain", false)).collect();
    request.messages.push(asks.to_message());
    request.messages.push(Message { role: Role::User, content: results });
    let end = client.stream(&request).await?.finish().await?;
    wanted("the end of the loop", end.text() == "It rains in Ulm.")
}

fn tool(name: &str) -> Tool {
    let input_schema = serde_json::json!({"type": "object"});
    Tool { name: name.into(), description: "Tells it.".into(), input_schema, strict: false }
}

async fn cut(client: &dyn Model, model: &str) -> Outcome {
    let request = Request::new(model, 100).user("cut");
    match client.stream(&request).await?.finish().await {
        Err(error) => wanted("a cut stream is called one", error.kind == ErrorKind::Cut),
        Ok(answer) => Err(format!("a cut stream was taken for an answer: {answer:?}").into()),
    }
}

async fn fails(client: &dyn Model, model: &str, kinds: &[ErrorKind]) -> Outcome {
    let request = Request::new(model, 100).user("hello");
    let streamed = match client.stream(&request).await {
        Ok(stream) => stream.finish().await,
        Err(error) => Err(error),
    };
    for outcome in [client.complete(&request).await, streamed] {
        match outcome {
            Ok(answer) => return Err(format!("chaos was taken for an answer: {answer:?}").into()),
            Err(error) if kinds.contains(&error.kind) => {}
            Err(error) => {
                return Err(format!("{:?} instead of {kinds:?}: {error}", error.kind).into());
            }
        }
    }
    Ok(())
}
