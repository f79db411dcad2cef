//! (d) Memory of the orchestrator's process.

use std::{fs, time::Duration};

use anyhow::Context;
use tokio::time::sleep;

use super::{
    Bed, Part,
    report::{Figure, Goal, Report, Unit},
    seed,
    server::Server,
};

const KIB: f64 = 1_024.0;

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let queued = bed.size(100_000, 20_000);
    let folder = bed.folder()?;
    let data = folder.path().join("data");
    let server = Server::start(bed, &data, &[]).await?;
    sleep(Duration::from_secs(2)).await;
    add(report, &server, "idle", 20.0)?;
    server.stop().await?;

    let server = Server::start(bed, &data, &["--max-running", "0"]).await?;
    seed::submit(server.address, queued).await?;
    sleep(Duration::from_secs(2)).await;
    add(report, &server, &format!("with {queued} queued jobs"), 50.0)?;
    server.stop().await
}

fn add(report: &mut Report, server: &Server, when: &str, goal: f64) -> anyhow::Result<()> {
    for (field, goal) in [("Rss", Some(goal)), ("Pss", None)] {
        let megabytes = rollup(server.pid(), field)?;
        let what = format!("{} of the orchestrator, {when}", field.to_uppercase());
        let figure = Figure::new(Part::D, what, megabytes, Unit::Megabytes);
        report.add(match goal {
            Some(goal) => figure.goal(Goal::AtMost(goal)),
            None => figure,
        });
    }
    Ok(())
}

/// A field of all the process's memory, in megabytes. Linux only.
pub(super) fn rollup(pid: u32, field: &str) -> anyhow::Result<f64> {
    field_of(&format!("/proc/{pid}/smaps_rollup"), field)
}

/// The most that it had at any time.
pub(super) fn peak(pid: u32) -> anyhow::Result<f64> {
    field_of(&format!("/proc/{pid}/status"), "VmHWM")
}

fn field_of(path: &str, field: &str) -> anyhow::Result<f64> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let kib = text.lines().find_map(|line| {
        let (name, rest) = line.split_once(':')?;
        let kib = rest.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()?;
        (name == field).then_some(kib)
    });
    Ok(kib.with_context(|| format!("{path} has no {field}"))? * KIB / 1e6)
}
