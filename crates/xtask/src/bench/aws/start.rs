//! (j) How soon a worker is at work: from exec to RUNNING in the table, beside an interpreter that only imports what
//! a worker in Python would need. As processes and, where images are named, in containers.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::{AwsArgs, World, orchestrator::Orchestrator, place::Place};
use crate::bench::{
    Bed, Part,
    load::Samples,
    report::{Figure, Report, Unit},
    seed::JOB,
    wire,
};

const PATIENCE: Duration = Duration::from_mins(1);
const IMPORTS: &str = "import boto3, anthropic; print('ready', flush=True)";

/// Two that start by turns.
struct Race {
    what: &'static str,
    worker: Place,
    python: Place,
}

pub(in crate::bench) async fn measure(
    bed: &Bed,
    aws: &AwsArgs,
    report: &mut Report,
) -> anyhow::Result<()> {
    let python = aws.python.clone();
    let python =
        python.context("no interpreter is named: scripts/bench-aws brings one (--python)")?;
    let worker = Place::Process(bed.programs.worker());
    let race =
        Race { what: "a worker from exec to RUNNING", worker, python: Place::Process(python) };
    race.run(bed, aws, report).await?;
    if let (Some(worker), Some(python)) = (&aws.worker_image, &aws.python_image) {
        let [worker, python] = [worker, python].map(|image| Place::Container(image.clone()));
        let what = "a worker's container from docker run to RUNNING";
        Race { what, worker, python }.run(bed, aws, report).await?;
    }
    Ok(())
}

impl Race {
    async fn run(&self, bed: &Bed, aws: &AwsArgs, report: &mut Report) -> anyhow::Result<()> {
        let world = aws.world_with(bed, "", self.worker.clone()).await?;
        let orchestrator = world.orchestrator(bed, 1).await?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // Files are read from the disk once.
        worker(&world, &orchestrator).await?;
        import(self.python.clone()).await?;
        for _ in 0..bed.size(30, 5) {
            ours.push(worker(&world, &orchestrator).await?);
            theirs.push(import(self.python.clone()).await?);
        }
        let (ours, theirs) = (Samples::new(ours), Samples::new(theirs));
        for percent in [50, 99] {
            let what = format!("{}, p{percent}", self.what);
            let figure = Figure::new(Part::J, what, ours.percentile(percent), Unit::Milliseconds);
            let floor = "python -c \"import boto3, anthropic\", likewise";
            report.add(figure.floor(floor, theirs.percentile(percent)));
        }
        Ok(())
    }
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

/// Until the interpreter could begin to work.
async fn import(python: Place) -> anyhow::Result<Duration> {
    tokio::task::spawn_blocking(move || {
        let mut command = python.command(&[]);
        command.args(["-c", IMPORTS]).stdin(Stdio::null()).stdout(Stdio::piped());
        let began = Instant::now();
        let mut child = command.spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("it is piped")?).read_line(&mut said)?;
        let took = began.elapsed();
        let status = child.wait()?;
        ensure!(status.success(), "{python:?} cannot import boto3 and anthropic");
        Ok(took)
    })
    .await?
}
