//! (a) How fast jobs are taken in. Nothing is dispatched meanwhile, so that only submission is measured.

use std::time::{Duration, Instant};

use super::{
    Bed, Part, cpu, floors,
    load::rate,
    report::{Figure, Goal, Report, Unit},
    seed::JOB,
    server::Server,
    wire,
};

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let duration = bed.size(Duration::from_secs(8), Duration::from_secs(2));
    let sqlite = floors::sqlite::inserts_per_second(bed, duration / 2)?;
    for (clients, goal) in [(1, 4_000.0), (32, 20_000.0)] {
        let floor = floors::http::Floor::start(bed)?;
        let request = wire::post(floor.address, "/jobs", "application/json", JOB);
        let bare = rate(floor.address, &request, 202, clients, duration / 2).await?;
        drop(floor);

        let folder = bed.folder()?;
        let data = folder.path().join("data");
        let server = Server::start(bed, &data, &["--max-running", "0"]).await?;
        let request = wire::post(server.address, "/jobs", "application/json", JOB);
        let before = cpu::spent_ms(server.pid())?;
        let began = Instant::now();
        let submitted = rate(server.address, &request, 201, clients, duration).await?;
        let jobs = submitted * began.elapsed().as_secs_f64();
        let cpu = (cpu::spent_ms(server.pid())? - before) / jobs;
        server.stop().await?;

        let what = format!("POST /jobs, {clients} client(s), nothing dispatched");
        let figure = Figure::new(Part::A, what, submitted, Unit::PerSecond);
        let figure = figure.floor("axum 202", bare).floor("SQLite insert + fsync", sqlite);
        report.add(figure.goal(Goal::AtLeast(goal)));
        let what = format!("server's processor time per job, {clients} client(s)");
        report.add(Figure::new(Part::A, what, cpu, Unit::Milliseconds));
    }
    Ok(())
}
