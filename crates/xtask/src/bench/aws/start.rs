//! (j) How soon a worker is at work: from exec to RUNNING in the table, beside an interpreter that only imports what
//! a worker in Python would need.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::{AwsArgs, World, orchestrator::Orchestrator};
use crate::bench::{
    Bed, Part,
    load::Samples,
    report::{Figure, Report, Unit},
    seed::JOB,
    wire,
};

const PATIENCE: Duration = Duration::from_mins(1);

pub(in crate::bench) async fn measure(
    bed: &Bed,
    aws: &AwsArgs,
    report: &mut Report,
) -> anyhow::Result<()> {
    let python = aws.python.as_deref();
    let python =
        python.context("no interpreter is named: scripts/bench-aws brings one (--python)")?;
    let world = aws.world(bed, "").await?;
    let orchestrator = world.orchestrator(bed, 1).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    // Files are read from the disk once.
    worker(&world, &orchestrator).await?;
    import(python).await?;
    for _ in 0..bed.size(30, 5) {
        ours.push(worker(&world, &orchestrator).await?);
        theirs.push(import(python).await?);
    }
    let (ours, theirs) = (Samples::new(ours), Samples::new(theirs));
    for percent in [50, 99] {
        let what = format!("a worker from exec to RUNNING, p{percent}");
        let figure = Figure::new(Part::J, what, ours.percentile(percent), Unit::Milliseconds);
        report
            .add(figure.floor("python -c \"import boto3, anthropic\"", theirs.percentile(percent)));
    }
    Ok(())
}

/// The first that a worker writes is that it runs.
async fn worker(world: &World, orchestrator: &Orchestrator) -> anyhow::Result<Duration> {
    let before = world.fargate.started();
    world.workers.take_first_write();
    let request = wire::post(orchestrator.address, "/jobs", "application/json", JOB);
    orchestrator.connect().await?.expect(&request, 201).await?;
    let end = Instant::now() + PATIENCE;
    while world.fargate.started() == before || !world.fargate.is_quiet() {
        ensure!(Instant::now() < end, "no worker has run to its end");
        sleep(Duration::from_millis(5)).await;
    }
    let began = world.fargate.last_began().context("a task began")?;
    let wrote = world.workers.take_first_write().context("the worker wrote nothing")?;
    sleep(Duration::from_millis(150)).await;
    Ok(wrote.duration_since(began))
}

async fn import(python: &Path) -> anyhow::Result<Duration> {
    let mut command = Command::new(python);
    command.args(["-c", "import boto3, anthropic"]).stdin(Stdio::null());
    let began = Instant::now();
    let status = tokio::task::spawn_blocking(move || command.status()).await??;
    let took = began.elapsed();
    ensure!(status.success(), "{} cannot import boto3 and anthropic", python.display());
    Ok(took)
}
