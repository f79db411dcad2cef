//! The same on AWS, as far as an emulator can tell: calls, memory and starts, not the time that AWS takes.
//!
//! Orchestrator and worker are the real programs. Between them and the emulator stands a proxy that counts; Fargate is
//! played, so that a task begins at once and its end is told as AWS tells it. `scripts/bench-aws` brings the emulator.

pub(super) mod bulk;
pub(super) mod calls;
mod events;
mod fargate;
mod orchestrator;
mod place;
mod proxy;
pub(super) mod start;
mod tally;

use std::{fs::File, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context;
use clap::Args;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

use self::{
    events::Events, fargate::Fargate, orchestrator::Orchestrator, place::Place, proxy::Proxy,
    tally::Meter,
};
use super::{Bed, load::as_f64};

/// Bytes that a line counts for beside its own.
const LOG_LINE: usize = 26;

/// What parts (h) to (j) need beside the programs.
#[derive(Debug, Clone, Args)]
pub(super) struct AwsArgs {
    /// The emulator of AWS for parts h, i and j; scripts/bench-aws starts one.
    #[arg(long = "aws", value_name = "URL", env = "AGENT_RUNNER_TEST_AWS")]
    pub(super) endpoint: Option<String>,
    /// The installation on it; a second one, whose name ends with -bulk, is for part i.
    #[arg(long = "aws-name", value_name = "NAME", default_value = "bench")]
    name: String,
    /// The interpreter for part j, which has boto3 and anthropic.
    #[arg(long, value_name = "PROGRAM", env = "AGENT_RUNNER_BENCH_PYTHON")]
    python: Option<PathBuf>,
    /// For part j in containers, too: the worker's image.
    #[arg(long, value_name = "IMAGE", requires = "python_image")]
    worker_image: Option<String>,
    /// And the image of an interpreter that has boto3 and anthropic.
    #[arg(long, value_name = "IMAGE", requires = "worker_image")]
    python_image: Option<String>,
}

/// One installation on the emulator, and everybody on it.
struct World {
    orchestrators: Proxy,
    workers: Proxy,
    fargate: Arc<Fargate>,
    /// Of the queue of task events.
    told: Arc<Meter>,
    name: String,
    /// What orchestrators and workers print.
    logs: [PathBuf; 2],
}

impl AwsArgs {
    /// Where workers are processes.
    async fn world(&self, bed: &Bed, suffix: &str) -> anyhow::Result<World> {
        self.world_with(bed, suffix, Place::Process(bed.programs.worker())).await
    }

    async fn world_with(&self, bed: &Bed, suffix: &str, worker: Place) -> anyhow::Result<World> {
        let endpoint = self.endpoint.as_deref();
        let endpoint =
            endpoint.context("no emulator of AWS is named: scripts/bench-aws brings one")?;
        let address = endpoint.trim_start_matches("http://").trim_end_matches('/');
        let emulator: SocketAddr = address
            .parse()
            .with_context(|| format!("{endpoint} is not written as http://IP:PORT"))?;
        let name = format!("{}{suffix}", self.name);
        let client = Client::builder(TokioExecutor::new()).build_http();
        let events = Events::open(client, emulator, &format!("{name}-task-events")).await?;
        let told = events.meter();
        let workers = Proxy::start(emulator, None).await?;
        let environment = variables(&name, &workers.url);
        let logs =
            ["orchestrator", "worker"].map(|of| bed.scratch.join(format!("{name}-{of}.log")));
        let log = File::create(&logs[1])?;
        let fargate = Fargate::new(worker, environment, log, events);
        let fargate = Arc::new(fargate);
        let orchestrators = Proxy::start(emulator, Some(fargate.clone())).await?;
        Ok(World { orchestrators, workers, fargate, told, name, logs })
    }
}

impl World {
    async fn orchestrator(&self, bed: &Bed, max_running: usize) -> anyhow::Result<Orchestrator> {
        let mut variables = variables(&self.name, &self.orchestrators.url);
        variables.push(("AGENT_RUNNER_MAX_RUNNING".to_owned(), max_running.to_string()));
        Orchestrator::start(bed, &self.logs[0], &variables).await
    }
}

impl World {
    /// What was printed so far, as `CloudWatch` bills it.
    fn logged(&self) -> anyhow::Result<f64> {
        let mut bytes = 0;
        for log in &self.logs {
            let text = std::fs::read_to_string(log)?;
            bytes += text.len() + LOG_LINE * text.lines().count();
        }
        Ok(as_f64(bytes))
    }
}

/// What every program of an installation finds in its environment.
fn variables(name: &str, endpoint: &str) -> Vec<(String, String)> {
    let bucket = format!("{name}-jobs");
    let variables = [
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AGENT_RUNNER_BACKEND", "aws"),
        ("AGENT_RUNNER_NAME", name),
        ("AGENT_RUNNER_BUCKET", &bucket),
    ];
    variables.map(|(variable, value)| (variable.to_owned(), value.to_owned())).to_vec()
}
