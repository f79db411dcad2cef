//! Our own client asks the simulator, in both wire formats.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod answers;
mod demo;
mod faults;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use agent_runner_llm::{Anthropic, Auth, Dialect, Key, Model, OpenAi, Options, Request, Tool};
use agent_runner_model_sim::Simulator;
use serde_json::json;

const CLAUDE: &str = "claude-sonnet-5-5";
const GPT: &str = "gpt-6-luna";

async fn simulator() -> Simulator {
    Simulator::start("127.0.0.1:0").await.unwrap()
}

/// Both clients, each with a model that it knows.
fn clients(sim: &Simulator) -> [(Arc<dyn Model>, &'static str); 2] {
    let mut options = Options::default();
    options.limits.idle = Duration::from_secs(10);
    let key = || Key::new("sk-sim");
    let claude = Anthropic::new("anthropic", sim.url(), Auth::ApiKey(key()), options.clone());
    let base = format!("{}/v1", sim.url());
    let gpt = OpenAi::new("openai", &base, Dialect::OpenAi, Auth::Bearer(key()), options);
    [(Arc::new(claude.unwrap()), CLAUDE), (Arc::new(gpt.unwrap()), GPT)]
}

fn weather() -> Tool {
    Tool {
        name: "get_weather".into(),
        description: "The weather of a city.".into(),
        input_schema: json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}),
        strict: false,
    }
}

fn request(model: &str, prompt: &str) -> Request {
    Request::new(model, 4096).user(prompt)
}
