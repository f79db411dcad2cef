//! (g) Many chats at once, each streamed by a worker of its own: what a worker takes, and that nobody misses a word.
//!
//! Every chat is followed by a client from its first event to its last, and has an answer that no other has.

mod heard;

use std::{
    fs,
    time::{Duration, Instant},
};

use agent_runner_client::api::Client;
use agent_runner_domain::JobId;
use anyhow::{Context, ensure};
use futures::future::try_join_all;
use serde_json::json;
use tokio::time::sleep;

use self::heard::{Course, Heard, follow};
use super::{
    Bed, Part, cpu,
    load::{as_f64, millis},
    memory,
    report::{Figure, Goal, Report, Unit},
    seed,
    server::Server,
    simulator::{MODEL, Simulator},
    wire,
};

/// Of a worker's RSS, in megabytes.
const GOAL: f64 = 12.0;
/// Between two pieces of an answer. With its 450 pieces, one takes 22 seconds: time for all to begin.
const PACE_MS: &str = "50";
const WORDS: usize = 400;
/// All stream for so long before they are looked at.
const UNDER_WAY: Duration = Duration::from_secs(5);

pub(super) async fn measure(bed: &Bed, report: &mut Report) -> anyhow::Result<()> {
    let chats = bed.size(200, 40);
    let folder = bed.folder()?;
    let answers = folder.path().join("answers.json");
    fs::write(&answers, scripts(chats))?;
    let answers = answers.to_str().context("a path in UTF-8")?;
    let simulator = Simulator::start(bed, &["--pace-ms", PACE_MS, "--answers", answers])?;
    let options = ["--max-running", &chats.to_string(), "--warm-workers", "0"];
    let data = folder.path().join("data");
    let server = Server::start_with(bed, &data, &options, &simulator.environment()).await?;

    let began = Instant::now();
    let ids = submit(&server, chats).await?;
    let client = Client::new(&format!("http://{}", server.address), None)?;
    let course = Course::default();
    let followers = ids.iter().map(|id| follow(&client, *id, &course));
    let look = async {
        course.all_speak(chats).await?;
        let took = millis(began.elapsed());
        let what = format!("submission of {chats} chats until all stream");
        report.add(Figure::new(Part::G, what, took, Unit::Milliseconds));
        sleep(UNDER_WAY).await;
        report_memory(server.pid(), chats, report)?;
        course.none_has_ended(chats)
    };
    let (heard, ()) = tokio::try_join!(try_join_all(followers), look)?;
    report_losses(&ids, &heard, report);
    server.stop().await
}

/// What the model says in chat `number`: no word twice, and none of another chat's.
fn answer(number: usize) -> String {
    let words: Vec<String> = (0..WORDS).map(|word| format!("{number:03}·{word:04}")).collect();
    words.join(" ")
}

fn prompt(number: usize) -> String {
    format!("Chat {number}.")
}

fn scripts(chats: usize) -> String {
    let script = |number| json!({"contains": prompt(number), "answer": {"text": answer(number)}});
    (0..chats).map(script).collect::<serde_json::Value>().to_string()
}

async fn submit(server: &Server, chats: usize) -> anyhow::Result<Vec<JobId>> {
    let line = |number| {
        let payload = json!({"prompt": prompt(number), "model": MODEL, "max_tokens": 4_096});
        format!("{}\n", json!({"job_type": "claude_chat", "payload": payload}))
    };
    let lines: String = (0..chats).map(line).collect();
    let request = wire::post(server.address, "/jobs/bulk", "application/x-ndjson", &lines);
    seed::bulk(&mut server.connect().await?, &request).await
}

/// Shared pages count whole in the RSS of each worker, which the goal is about, and by their share in the PSS, which
/// is what a worker more takes.
fn report_memory(server: u32, chats: usize, report: &mut Report) -> anyhow::Result<()> {
    // Workers are copies of a fork server, which is the server's only child.
    let workers: Vec<u32> = cpu::children(server)?
        .into_iter()
        .map(cpu::children)
        .collect::<anyhow::Result<Vec<_>>>()?
        .concat();
    ensure!(workers.len() == chats, "{chats} chats stream, and {} workers run", workers.len());
    for (field, goal) in [("Rss", Some(GOAL)), ("Pss", None)] {
        let sizes = workers.iter().map(|pid| memory::rollup(*pid, field));
        let mut sizes = sizes.collect::<anyhow::Result<Vec<f64>>>()?;
        sizes.sort_by(f64::total_cmp);
        let name = field.to_uppercase();
        let what = format!("{name} of a worker while {chats} stream, the largest");
        let largest = Figure::new(Part::G, what, sizes[chats - 1], Unit::Megabytes);
        report.add(match goal {
            Some(goal) => largest.goal(Goal::AtMost(goal)),
            None => largest,
        });
        let what = format!("{name} of a worker while {chats} stream, the median");
        report.add(Figure::new(Part::G, what, sizes[chats / 2], Unit::Megabytes));
    }
    Ok(())
}

fn report_losses(ids: &[JobId], heard: &[Heard], report: &mut Report) {
    let mut faulty = 0;
    for (number, (id, heard)) in ids.iter().zip(heard).enumerate() {
        if let Some(fault) = heard.fault(&answer(number)) {
            eprintln!("  {id}: {fault}");
            faulty += 1;
        }
    }
    let events: u64 = heard.iter().map(|heard| heard.events).sum();
    let what = format!("chats of {} that lost any of their {events} events", ids.len());
    let figure = Figure::new(Part::G, what, as_f64(faulty), Unit::Count);
    report.add(figure.goal(Goal::AtMost(0.0)));
}
