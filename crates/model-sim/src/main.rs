//! The simulator as a program.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use agent_runner_model_sim::{Scripted, Simulator};
use anyhow::Context;
use clap::Parser;

/// Stands in for Anthropic and OpenAI, without any model. Nothing it says is true.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where to listen; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Milliseconds between two pieces of a stream.
    #[arg(long, default_value_t = 0)]
    pace_ms: u64,
    /// Answer at more length, for people who try things out.
    #[arg(long)]
    demo: bool,
    /// A JSON file with a list of scripted answers, as POST /control/answers takes them.
    #[arg(long)]
    answers: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let simulator = Simulator::start(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    simulator.world().set_pace(Duration::from_millis(options.pace_ms));
    if options.demo {
        simulator.world().speak_to_people();
    }
    if let Some(path) = options.answers {
        let text =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let answers: Vec<Scripted> = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no list of answers", path.display()))?;
        for answer in answers {
            simulator.world().add_answer(answer);
        }
    }
    println!("model-sim listens on {}", simulator.url());
    tokio::signal::ctrl_c().await.context("cannot wait for a signal")
}
