//! (h) What AWS bills for one echo job, by who asked for it and when, and for an orchestrator that waits.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::time::sleep;

use super::{AwsArgs, World, orchestrator::Orchestrator, tally::Tally};
use crate::bench::{
    Bed, Part,
    load::as_f64,
    report::{Figure, Report, Unit},
    seed::{self, JOB},
    wire::{self, Connection},
};

const SERVICES: [&str; 5] = ["DynamoDB", "SQS", "S3", "ECS", "secretsmanager"];
const LOOKS: &str = "what is due";
const PATIENCE: Duration = Duration::from_mins(5);
/// Longer than any pause of an idle loop but that of the sweeper.
const SETTLE: Duration = Duration::from_secs(3);
/// Longer than a worker needs for what it asks before its handler runs.
const WORKING: Duration = Duration::from_millis(500);
const MINUTE: Duration = Duration::from_mins(1);

/// What one job cost in one of its phases, or an orchestrator in a minute.
struct Row {
    what: String,
    spent: Tally,
}

pub(in crate::bench) async fn measure(
    bed: &Bed,
    aws: &AwsArgs,
    report: &mut Report,
) -> anyhow::Result<()> {
    let world = aws.world(bed, "").await?;
    let minute = bed.size(MINUTE, MINUTE / 3);
    let mut rows = Vec::new();

    let submitting = world.orchestrator(bed, 0).await?;
    let jobs = bed.size(50, 10);
    rows.push(Row {
        what: "a job: submitted".into(),
        spent: submit(&world, &submitting, jobs).await?,
    });
    drop(submitting);

    let orchestrator = world.orchestrator(bed, 4).await?;
    // Those that were submitted before.
    ended(&world, jobs).await?;
    let idle = over(&world, minute).await?;
    let logged = world.logged()?;
    let [dispatched, worker] = alone(&world, &orchestrator, jobs, &idle, &rows[0].spent).await?;
    rows.push(dispatched);
    let logged = (world.logged()? - logged) / as_f64(jobs);
    report.add(Figure::new(Part::H, "bytes of log of a job alone", logged.round(), Unit::Count));
    rows.extend(phases(&world, &orchestrator, bed.size(20, 5), &worker.spent).await?);
    rows.push(worker);
    rows.extend(together(&world, &orchestrator, bed.size(500, 100), &idle).await?);
    rows.extend(running(&world, &orchestrator, minute).await?);
    rows.push(Row { what: "a minute of an idle orchestrator".into(), spent: idle });
    check(&orchestrator).await?;
    for row in &rows {
        row.report(report);
    }
    Ok(())
}

/// One after the other, to an orchestrator that launches nothing.
async fn submit(world: &World, orchestrator: &Orchestrator, jobs: usize) -> anyhow::Result<Tally> {
    let mut connection = orchestrator.connect().await?;
    sleep(SETTLE).await;
    world.orchestrators.meter.take();
    for _ in 0..jobs {
        post(orchestrator, &mut connection, JOB).await?;
    }
    sleep(SETTLE).await;
    let spent = world.orchestrators.meter.take();
    // Nothing is received meanwhile, so nothing but this is left to the queues.
    let own = spent.only(|operation| !operation.contains(LOOKS) && operation != "ECS ListTasks");
    Ok(own.times(1.0 / as_f64(jobs)))
}

async fn post(to: &Orchestrator, connection: &mut Connection, job: &str) -> anyhow::Result<()> {
    let request = wire::post(to.address, "/jobs", "application/json", job);
    connection.expect(&request, 201).await.map(drop)
}

/// The next job is submitted when the end of the last one has been heard of.
async fn alone(
    world: &World,
    orchestrator: &Orchestrator,
    jobs: usize,
    idle: &Tally,
    submitted: &Tally,
) -> anyhow::Result<[Row; 2]> {
    let mut connection = orchestrator.connect().await?;
    let before = world.fargate.started();
    clear(world);
    let began = Instant::now();
    for number in 1..=jobs {
        post(orchestrator, &mut connection, JOB).await?;
        ended(world, before + number).await?;
    }
    let (mut spent, worker) = per_job(world, began, jobs, idle);
    spent = &spent - submitted;
    Ok([
        Row { what: "a job alone: dispatched, and its end heard of".into(), spent },
        Row { what: "a job alone: its worker, all in all".into(), spent: worker },
    ])
}

/// What a worker asks until its handler runs, and what when it has ended: the handler waits long enough to tell.
async fn phases(
    world: &World,
    orchestrator: &Orchestrator,
    jobs: usize,
    whole: &Tally,
) -> anyhow::Result<[Row; 2]> {
    let mut connection = orchestrator.connect().await?;
    let job = delayed(2 * WORKING);
    let (mut starting, mut ending) = (Tally::default(), Tally::default());
    clear(world);
    for _ in 0..jobs {
        let before = world.fargate.started();
        world.workers.take_first_write();
        post(orchestrator, &mut connection, &job).await?;
        started(world).await?;
        sleep(WORKING).await;
        starting += world.workers.meter.take();
        ended(world, before + 1).await?;
        ending += world.workers.meter.take();
    }
    let [starting, ending] = [starting, ending].map(|spent| spent.times(1.0 / as_f64(jobs)));
    let calls = |tally: &Tally| SERVICES.iter().map(|service| tally.calls_of(service)).sum::<f64>();
    let (sum, whole) = (calls(&starting) + calls(&ending), calls(whole));
    if (sum - whole).abs() >= 0.5 {
        eprintln!(
            "  a worker's parts have {sum:.1} calls, the whole {whole:.1}: some were made again"
        );
    }
    Ok([
        Row { what: "a job alone: its worker starts".into(), spent: starting },
        Row { what: "a job alone: its worker ends".into(), spent: ending },
    ])
}

/// Waits until a worker has said that it runs.
async fn started(world: &World) -> anyhow::Result<()> {
    let end = Instant::now() + PATIENCE;
    while world.workers.take_first_write().is_none() {
        ensure!(Instant::now() < end, "no worker has begun");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// A job that does nothing for a while.
fn delayed(time: Duration) -> String {
    let delay = time.as_millis();
    format!(r#"{{"job_type":"echo","payload":{{"message":"x","delay_ms":{delay}}}}}"#)
}

/// All at once.
async fn together(
    world: &World,
    orchestrator: &Orchestrator,
    jobs: usize,
    idle: &Tally,
) -> anyhow::Result<[Row; 2]> {
    let before = world.fargate.started();
    clear(world);
    let began = Instant::now();
    seed::submit(orchestrator.address, jobs).await?;
    ended(world, before + jobs).await?;
    let (orchestrators, worker) = per_job(world, began, jobs, idle);
    Ok([
        Row { what: format!("one of {jobs} jobs: orchestrator"), spent: orchestrators },
        Row { what: format!("one of {jobs} jobs: its worker"), spent: worker },
    ])
}

/// A worker that only waits.
async fn running(
    world: &World,
    orchestrator: &Orchestrator,
    time: Duration,
) -> anyhow::Result<[Row; 2]> {
    let mut connection = orchestrator.connect().await?;
    let job = delayed(time + 4 * SETTLE);
    let before = world.fargate.started();
    post(orchestrator, &mut connection, &job).await?;
    sleep(SETTLE).await;
    let spent = over(world, time).await?;
    let worker = world.workers.meter.take().times(MINUTE.div_duration_f64(time));
    ended(world, before + 1).await?;
    Ok([
        Row { what: "a minute of an orchestrator while jobs run".into(), spent },
        Row { what: "a minute of a worker at work".into(), spent: worker },
    ])
}

/// What orchestrators do within that time, for a minute.
async fn over(world: &World, time: Duration) -> anyhow::Result<Tally> {
    sleep(SETTLE).await;
    clear(world);
    sleep(time).await;
    Ok(world.orchestrators.meter.take().times(MINUTE.div_duration_f64(time)))
}

fn clear(world: &World) {
    world.orchestrators.meter.take();
    world.workers.meter.take();
    world.told.take();
}

/// Of orchestrators, and of workers, without what time alone costs.
fn per_job(world: &World, began: Instant, jobs: usize, idle: &Tally) -> (Tally, Tally) {
    let share = 1.0 / as_f64(jobs);
    let minutes = began.elapsed().div_duration_f64(MINUTE);
    let mut spent = world.orchestrators.meter.take();
    spent.0.extend(world.told.take().0);
    let own = (&spent - &idle.times(minutes)).only(|operation| !operation.contains(LOOKS));
    (own.times(share), world.workers.meter.take().times(share))
}

/// Waits until so many tasks are over and the orchestrator has done with their events.
async fn ended(world: &World, tasks: usize) -> anyhow::Result<()> {
    let end = Instant::now() + PATIENCE;
    while world.fargate.started() < tasks || !world.fargate.is_quiet() {
        ensure!(Instant::now() < end, "of {tasks} tasks only {} began", world.fargate.started());
        sleep(Duration::from_millis(5)).await;
    }
    // The event is heard of and deleted.
    sleep(Duration::from_millis(150)).await;
    Ok(())
}

/// Nothing was counted that did not come to its end.
async fn check(orchestrator: &Orchestrator) -> anyhow::Result<()> {
    let mut connection = orchestrator.connect().await?;
    let path = "/jobs?limit=500";
    let page = connection.expect(&wire::get(orchestrator.address, path), 200).await?;
    let page: Value = serde_json::from_slice(page)?;
    let jobs = page["jobs"].as_array().context("a page has jobs")?;
    let other = jobs.iter().find(|job| job["status"] != "SUCCEEDED" || job["attempt"] != 1);
    ensure!(other.is_none(), "this one did not go as wished: {other:?}");
    Ok(())
}

impl Row {
    fn report(&self, report: &mut Report) {
        let mut add = |what: String, value: f64| {
            let rounded = (value * 1_000.0).round() / 1_000.0;
            report.add(Figure::new(
                Part::H,
                format!("{}, {what}", self.what),
                rounded,
                Unit::Count,
            ));
        };
        for service in SERVICES {
            let calls = self.spent.calls_of(service);
            if calls > 0.0 {
                add(format!("calls to {service}"), calls);
            }
        }
        add("write units".into(), self.spent.write_units());
        add("read units".into(), self.spent.read_units());
        for (operation, spent) in &self.spent.0 {
            if spent.calls >= 0.001 {
                eprintln!("    {:8.3} {operation}, {:.3} units", spent.calls, spent.units);
            }
        }
    }
}
