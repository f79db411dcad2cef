//! (c) From submission to RUNNING on an idle server, by the clock of the client that waits for it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use serde::Deserialize;
use tokio::time::sleep;

use super::{
    Bed, Part, floors,
    load::Samples,
    report::{Figure, Goal, Report, Unit},
    seed::{self, JOB},
    server::Server,
    wire::{self, Connection},
};

/// Between two jobs: the server is idle again, and has started its next worker ahead.
const REST: Duration = Duration::from_millis(30);

#[derive(Deserialize)]
struct Submitted {
    job_id: agent_runner_domain::JobId,
}

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let jobs = bed.size(200, 50);
    let floor = floors::processes::fork_exec_wait(jobs)?;
    for (how, ahead, goal) in [("cold", "0", 3.0), ("started ahead", "2", 1.0)] {
        let folder = bed.folder()?;
        let server =
            Server::start(bed, &folder.path().join("data"), &["--warm-workers", ahead]).await?;
        let samples = sequence(&server, jobs).await?;
        server.stop().await?;
        for percent in [50, 99] {
            let what = format!("submission to RUNNING, idle, worker {how}, p{percent}");
            let value = samples.percentile(percent);
            let figure = Figure::new(Part::C, what, value, Unit::Milliseconds)
                .floor("fork + exec + wait", floor.percentile(percent));
            report.add(if percent == 50 { figure.goal(Goal::AtMost(goal)) } else { figure });
        }
    }
    Ok(())
}

async fn sequence(server: &Server, jobs: usize) -> anyhow::Result<Samples> {
    let mut connection = server.connect().await?;
    let mut samples = Vec::with_capacity(jobs);
    for _ in 0..jobs {
        samples.push(one(server, &mut connection).await?);
        seed::all_ended(&mut connection, server.address).await?;
        sleep(REST).await;
    }
    Ok(Samples::new(samples))
}

async fn one(server: &Server, connection: &mut Connection) -> anyhow::Result<Duration> {
    let submit = wire::post(server.address, "/jobs", "application/json", JOB);
    let began = Instant::now();
    let Submitted { job_id } = serde_json::from_slice(connection.expect(&submit, 201).await?)?;
    // The events before it are QUEUED and LAUNCHING.
    let path = format!("/jobs/{job_id}/events?after=2&wait=20");
    let events = connection.expect(&wire::get(server.address, &path), 200).await?;
    let took = began.elapsed();
    let page: serde_json::Value = serde_json::from_slice(events)?;
    ensure!(page["events"][0]["status"] == "RUNNING", "RUNNING was expected: {page}");
    Ok(took)
}
