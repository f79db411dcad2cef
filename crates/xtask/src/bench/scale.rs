//! (e) Whether a million stored jobs are felt: pages of the list, and dispatch.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::{
    Bed, Part,
    load::{Samples, per_second},
    report::{Figure, Goal, Report, Unit},
    seed,
    server::Server,
    wire::{self, Connection},
};

const FEW: usize = 1_000;
const PAGE: usize = 2;
const PAGES: usize = 500;
/// Dispatch is timed between the ends of these two in line, when it is under way.
const FIRST: usize = 100;
const LAST: usize = 900;
/// A thousand jobs are gone within a second, so that is done on a few servers.
const FEW_RUNS: usize = 3;

/// What was seen at one number of stored jobs.
struct Seen {
    first_page: f64,
    late_page: f64,
    dispatched: f64,
}

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let many = bed.size(1_000_000, 50_000);
    let mut few = Vec::new();
    for _ in 0..FEW_RUNS {
        few.push(look(bed, FEW).await?);
    }
    let large = look(bed, many).await?;
    let median = |of: &dyn Fn(&Seen) -> f64| {
        let mut values: Vec<_> = few.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let mut compare = |what: &str, unit: Unit, of: &dyn Fn(&Seen) -> f64, slower: f64| {
        let what = format!("{what}, {many} jobs stored");
        report.add(Figure::new(Part::E, &what, of(&large), unit).floor("with 1000", median(of)));
        let what = format!("{what}: times slower than with 1000");
        report.add(Figure::new(Part::E, what, slower, Unit::Times).goal(Goal::AtMost(1.5)));
    };
    let first = |seen: &Seen| seen.first_page;
    let late = |seen: &Seen| seen.late_page;
    let dispatched = |seen: &Seen| seen.dispatched;
    let millis = Unit::Milliseconds;
    compare("GET /jobs, first page", millis, &first, first(&large) / median(&first));
    compare("GET /jobs, 500th page", millis, &late, late(&large) / median(&late));
    let slower = median(&dispatched) / dispatched(&large);
    compare("dispatch", Unit::PerSecond, &dispatched, slower);
    Ok(())
}

async fn look(bed: &Bed, stored: usize) -> anyhow::Result<Seen> {
    let folder = bed.folder()?;
    let data = folder.path().join("data");
    let server = Server::start(bed, &data, &["--max-running", "0"]).await?;
    let ids = seed::submit(server.address, stored).await?;
    // Whatever the writing of so much has left to do is done by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut connection = server.connect().await?;
    let repeats = bed.size(1_000, 200);
    let first_page = page(&server, &mut connection, "", repeats).await?;
    let cursor = walk(&server, &mut connection).await?;
    let late_page = page(&server, &mut connection, &cursor, repeats).await?;
    server.stop().await?;

    let server = Server::start(bed, &data, &[]).await?;
    let mut connection = server.connect().await?;
    seed::ended(&mut connection, server.address, ids[FIRST]).await?;
    let began = Instant::now();
    seed::ended(&mut connection, server.address, ids[LAST]).await?;
    let dispatched = per_second(LAST - FIRST, began.elapsed());
    Ok(Seen { first_page, late_page, dispatched })
}

/// The cursor of the 500th page.
async fn walk(server: &Server, connection: &mut Connection) -> anyhow::Result<String> {
    let mut cursor = String::new();
    for _ in 1..PAGES {
        let page = connection.expect(&list(server, &cursor), 200).await?;
        let page: serde_json::Value = serde_json::from_slice(page)?;
        let next = page["next_cursor"].as_str().context("the list has fewer than 500 pages")?;
        cursor = format!("&cursor={next}");
    }
    Ok(cursor)
}

/// The median time for one page.
async fn page(
    server: &Server,
    connection: &mut Connection,
    cursor: &str,
    repeats: usize,
) -> anyhow::Result<f64> {
    let request = list(server, cursor);
    let mut samples = Vec::with_capacity(repeats);
    for _ in 0..repeats {
        let began = Instant::now();
        connection.expect(&request, 200).await?;
        samples.push(began.elapsed());
    }
    Ok(Samples::new(samples).percentile(50))
}

fn list(server: &Server, cursor: &str) -> Vec<u8> {
    wire::get(server.address, &format!("/jobs?limit={PAGE}{cursor}"))
}
