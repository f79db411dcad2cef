//! What was acknowledged survives `kill -9`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use agent_runner_domain::{JobId, ports::JobStore};
use agent_runner_local::database::Database;
use agent_runner_testkit::{Samples, sample::started};

const FILE: &str = "jobs.sqlite3";
const WRITERS: u64 = 8;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let acknowledged = write_and_kill(folder.path());
        assert!(acknowledged.len() >= 200);
        assert_stored(folder.path(), &acknowledged).await;
    }
}

/// The jobs that a process acknowledged before it was killed in the middle of its work.
fn write_and_kill(folder: &Path) -> Vec<JobId> {
    let mut child = writer(folder);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut ids: Vec<JobId> = Vec::new();
    while ids.len() < 200 {
        ids.push(lines.next().unwrap().unwrap().parse().unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // A last line may be cut off: then nobody was told.
    ids.extend(lines.filter_map(|line| line.unwrap().parse::<JobId>().ok()));
    ids
}

fn writer(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::writes_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The child of the test above; tells each job that it was told is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by another test, which kills it"]
async fn writes_until_it_is_killed() {
    let database = Database::open(FILE).unwrap();
    let round = u64::from(std::process::id());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = database.job_store();
            let samples = Samples::of_seed(round * WRITERS + writer);
            tokio::spawn(async move {
                // Not without end, in case somebody runs it for itself.
                for _ in 0..5_000 {
                    let id = write(&store, &samples).await;
                    eprintln!("{id}");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Inserts a job and lets it run and say something.
async fn write(store: &dyn JobStore, samples: &Samples) -> JobId {
    let new = samples.job();
    let id = new.job.id;
    store.insert(vec![new]).await.unwrap();
    let (lease, claimed) = samples.claim();
    for event in [claimed, started(lease)] {
        let seen = store.load(id).await.unwrap().unwrap();
        let commit = samples.commit(&seen, event);
        store.commit(vec![commit]).await.remove(0).unwrap();
    }
    let lines = samples.lines(1..=2);
    store.append_events(id, lease, 1, lines).await.unwrap();
    id
}

async fn assert_stored(folder: &Path, ids: &[JobId]) {
    let path = folder.join(FILE);
    let store = Database::open(&path).unwrap().job_store();
    let found = store.load_many(ids).await.unwrap();
    for (id, job) in ids.iter().zip(found) {
        assert!(job.is_some_and(|job| job.value.started_at.is_some()), "{id} is lost");
        assert!(store.payload(*id).await.unwrap().is_some());
        assert_eq!(store.events(*id, 0, 100).await.unwrap().len(), 5);
    }
    let counted: u64 = store.counts().await.unwrap().iter().map(|count| count.jobs).sum();
    let file = rusqlite::Connection::open(path).unwrap();
    let text = |sql| file.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(text("SELECT CAST(count(*) AS TEXT) FROM jobs"), counted.to_string());
}
