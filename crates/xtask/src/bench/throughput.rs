//! (b) Jobs from submission to their end, each in a process of its own.

use std::time::Instant;

use super::{
    Bed, Part, cpu, floors,
    load::{as_f64, per_second},
    report::{Figure, Goal, Report, Unit},
    seed,
    server::Server,
};

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let jobs = bed.size(10_000, 1_000);
    let before = cpu::spent_ms(std::process::id())?;
    let floor = floors::processes::xargs_per_second(jobs)?;
    let floor_cpu = (cpu::spent_ms(std::process::id())? - before) / as_f64(jobs);
    for (how, ahead) in [("cold", "0"), ("started ahead", "4")] {
        let folder = bed.folder()?;
        let server =
            Server::start(bed, &folder.path().join("data"), &["--warm-workers", ahead]).await?;
        let before = cpu::spent_ms(server.pid())?;
        let rate = run(&server, jobs).await?;
        let cpu = (cpu::spent_ms(server.pid())? - before) / as_f64(jobs);
        server.stop().await?;
        let what = format!("echo jobs from submission to end, workers {how}");
        let figure = Figure::new(Part::B, what, rate, Unit::PerSecond);
        report.add(figure.floor("xargs -P2 /bin/true", floor).goal(Goal::AtLeast(1_000.0)));
        let what = format!("processor time per job, server and workers, workers {how}");
        let figure = Figure::new(Part::B, what, cpu, Unit::Milliseconds);
        report.add(figure.floor("xargs -P2 /bin/true", floor_cpu));
    }
    Ok(())
}

async fn run(server: &Server, jobs: usize) -> anyhow::Result<f64> {
    let mut connection = server.connect().await?;
    // What is used for the first time is loaded.
    let first = seed::submit(server.address, 20).await?;
    seed::ended(&mut connection, server.address, first[first.len() - 1]).await?;
    seed::all_ended(&mut connection, server.address).await?;

    let request = seed::request(server.address, jobs);
    let began = Instant::now();
    let ids = seed::bulk(&mut connection, &request).await?;
    seed::ended(&mut connection, server.address, ids[ids.len() - 1]).await?;
    seed::all_ended(&mut connection, server.address).await?;
    Ok(per_second(jobs, began.elapsed()))
}
