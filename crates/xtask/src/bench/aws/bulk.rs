//! (i) Fifty thousand jobs to an orchestrator that launches none: time, processor time, memory.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::AwsArgs;
use crate::bench::{
    Bed, Part, cpu,
    load::{as_f64, per_second},
    memory::{peak, rollup},
    report::{Figure, Goal, Report, Unit},
    seed,
};

const MEMORY_MAX: f64 = 100.0;

pub(in crate::bench) async fn measure(
    bed: &Bed,
    aws: &AwsArgs,
    report: &mut Report,
) -> anyhow::Result<()> {
    let jobs = bed.size(50_000, 5_000);
    let world = aws.world(bed, "-bulk").await?;
    let orchestrator = world.orchestrator(bed, 0).await?;
    sleep(Duration::from_secs(2)).await;
    let mut add = |what: String, value, unit, goal: Option<f64>| {
        let figure = Figure::new(Part::I, what, value, unit);
        report.add(match goal {
            Some(goal) => figure.goal(Goal::AtMost(goal)),
            None => figure,
        });
    };
    add(
        "RSS of the orchestrator on AWS, idle".into(),
        rollup(orchestrator.pid(), "Rss")?,
        Unit::Megabytes,
        None,
    );
    let before = cpu::spent_ms(orchestrator.pid())?;
    let began = Instant::now();
    seed::submit(orchestrator.address, jobs).await?;
    let took = began.elapsed();
    let spent = (cpu::spent_ms(orchestrator.pid())? - before) / as_f64(jobs);
    let peak = peak(orchestrator.pid())?;
    sleep(Duration::from_secs(2)).await;
    let after = rollup(orchestrator.pid(), "Rss")?;
    add(
        format!("{jobs} jobs by POST /jobs/bulk to the emulator"),
        per_second(jobs, took),
        Unit::PerSecond,
        None,
    );
    add("orchestrator's processor time per job of them".into(), spent, Unit::Milliseconds, None);
    add(
        "RSS of the orchestrator on AWS, the most so far".into(),
        peak,
        Unit::Megabytes,
        Some(MEMORY_MAX),
    );
    add(
        format!("RSS of the orchestrator on AWS, {jobs} jobs queued"),
        after,
        Unit::Megabytes,
        Some(MEMORY_MAX),
    );
    Ok(())
}
