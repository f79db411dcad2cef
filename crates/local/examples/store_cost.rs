//! What the store and the queue cost, without HTTP and processes around them.
//!
//! `cargo run --release -p agent-runner-local --example store_cost -- [jobs] [folder]`

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use agent_runner_domain::{
    JobId, RawJson,
    job::{Job, JobEvent},
    ports::{Commit, JobQuery, JobStore, NewJob, Versioned, WorkQueue},
};
use agent_runner_local::database::Database;
use agent_runner_testkit::{
    Samples,
    sample::{started, succeeded},
};

const STEP: usize = 20_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let jobs = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let place = std::env::args().nth(2).unwrap_or_else(|| ".".into());
    let folder = tempfile::tempdir_in(place)?;
    let bench = Bench::open(folder.path())?;
    println!("{:<44}{:>12}{:>14}{:>16}", "", "per second", "µs each", "writer CPU µs");
    bench.time("insert, 1 client", 2_000, bench.insert_alone(2_000, 1)).await?;
    bench.time("insert, 32 clients", STEP, bench.insert_alone(STEP, 32)).await?;
    bench.time("insert, 1,000 a call", STEP, bench.insert_bulk(STEP)).await?;
    bench.time("life after insert, 8 dispatchers", 4_000, bench.live(4_000, 8)).await?;
    bench.report_reads().await?;
    let more = jobs - STEP;
    bench.time("insert, 1,000 a call", more, bench.insert_bulk(more)).await?;
    bench.report_reads().await?;
    bench.time("insert, 32 clients", STEP, bench.insert_alone(STEP, 32)).await?;
    bench.time("life after insert, 8 dispatchers", 4_000, bench.live(4_000, 8)).await?;
    println!("resident memory: {} KB", status("VmRSS:")?);
    Ok(())
}

#[derive(Clone)]
struct Bench {
    store: Arc<dyn JobStore>,
    queue: Arc<dyn WorkQueue>,
    samples: Samples,
}

impl Bench {
    fn open(folder: &std::path::Path) -> anyhow::Result<Self> {
        let samples = Samples::default();
        let database = Database::open(folder.join("bench.sqlite3"))?;
        Ok(Self {
            store: Arc::new(database.job_store()),
            queue: Arc::new(database.work_queue(Arc::new(samples.clock.clone()))),
            samples,
        })
    }

    async fn time(
        &self,
        what: &str,
        count: usize,
        work: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let times = f64::from(u32::try_from(count)?);
        let (began, writer) = (Instant::now(), writer_cpu()?);
        work.await?;
        let each = |time: Duration| time.as_secs_f64() * 1e6 / times;
        let micros = each(began.elapsed());
        let writer = each(writer_cpu()?.saturating_sub(writer));
        println!("{what:<44}{:>12.0}{micros:>14.1}{writer:>16.1}", 1e6 / micros);
        Ok(())
    }

    async fn insert_alone(&self, count: usize, clients: usize) -> anyhow::Result<()> {
        self.each(clients, move |bench| async move {
            for _ in 0..count / clients {
                bench.store.insert(vec![bench.samples.job()]).await?;
            }
            Ok(())
        })
        .await
    }

    async fn insert_bulk(&self, count: usize) -> anyhow::Result<()> {
        for _ in 0..count / 1_000 {
            let jobs: Vec<NewJob> = (0..1_000).map(|_| self.samples.job()).collect();
            self.store.insert(jobs).await?;
        }
        Ok(())
    }

    /// Received, claimed, acknowledged, started and finished.
    async fn live(&self, count: usize, dispatchers: usize) -> anyhow::Result<()> {
        self.each(dispatchers, move |bench| async move {
            for _ in 0..count / dispatchers {
                let receipts = bench.queue.receive(1, Duration::from_secs(1)).await?;
                let (lease, claimed) = bench.samples.claim();
                let seen = bench.step(receipts[0].job, claimed, None).await?;
                bench.queue.ack(receipts).await?;
                bench.step(seen.value.id, started(lease), None).await?;
                let result = RawJson::of("done")?;
                bench.step(seen.value.id, succeeded(lease), Some(result)).await?;
            }
            Ok(())
        })
        .await
    }

    async fn step(
        &self,
        id: JobId,
        event: JobEvent,
        result: Option<RawJson>,
    ) -> anyhow::Result<Versioned<Job>> {
        let seen = self.store.load(id).await?.expect("it was inserted");
        let commit = Commit { result, ..self.samples.commit(&seen, event) };
        self.store.commit(vec![commit]).await.remove(0)?;
        Ok(seen)
    }

    async fn each<F: Future<Output = anyhow::Result<()>> + Send + 'static>(
        &self,
        tasks: usize,
        work: impl Fn(Self) -> F,
    ) -> anyhow::Result<()> {
        let tasks: Vec<_> = (0..tasks).map(|_| tokio::spawn(work(self.clone()))).collect();
        for task in tasks {
            task.await??;
        }
        Ok(())
    }

    async fn report_reads(&self) -> anyhow::Result<()> {
        let counts = self.store.counts().await?;
        println!("with {} jobs:", counts.iter().map(|count| count.jobs).sum::<u64>());
        let mut query = JobQuery {
            tenant: Some(self.samples.tenant.clone()),
            limit: 50,
            ..JobQuery::default()
        };
        self.time("  first page of 50", 1, self.list(&query)).await?;
        self.time("  first page again", 1, self.list(&query)).await?;
        for _ in 0..400 {
            let page = self.store.list(&query).await?;
            query.after = page.next.or(query.after);
        }
        self.time("  page 400", 1, self.list(&query)).await?;
        query.status = Some(agent_runner_domain::job::Status::Queued);
        self.time("  page 400, queued only", 1, self.list(&query)).await?;
        self.time("  receive 1 and release", 1_000, self.receive(1_000)).await
    }

    async fn list(&self, query: &JobQuery) -> anyhow::Result<()> {
        self.store.list(query).await?;
        Ok(())
    }

    async fn receive(&self, times: usize) -> anyhow::Result<()> {
        for _ in 0..times {
            let receipts = self.queue.receive(1, Duration::ZERO).await?;
            self.queue.release(receipts).await?;
        }
        Ok(())
    }
}

/// What the writer's thread has used so far, in user and kernel mode.
fn writer_cpu() -> anyhow::Result<Duration> {
    for task in fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        if fs::read_to_string(task.join("comm"))?.trim() == "sqlite-writer" {
            let times = fs::read_to_string(task.join("schedstat"))?;
            let nanos = times.split_whitespace().next().unwrap_or("0").parse()?;
            return Ok(Duration::from_nanos(nanos));
        }
    }
    Ok(Duration::ZERO)
}

fn status(field: &str) -> anyhow::Result<u64> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or("0");
    Ok(line.split_whitespace().next().unwrap_or("0").parse()?)
}
