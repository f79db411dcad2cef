//! A file that an earlier version wrote is opened, brought up to date, and keeps all that it held.

use std::path::{Path, PathBuf};

use agent_runner_domain::{
    JobId,
    job::Status,
    ports::{JobQuery, JobStore},
};
use agent_runner_local::database::Database;
use agent_runner_testkit::{Samples, sample::started};
use rusqlite::Connection;
use tempfile::TempDir;

/// What a server with schema 1 left behind: a job that succeeded, one that failed, and one that waits.
const VERSION_1: &str = include_str!("version_1.sql");
const WAITS: &str = "job_01M7Z2ZMTQ5W2F6D5HPYM3MJX3";

fn version_1() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let file = Connection::open(&path).unwrap();
    file.execute_batch(VERSION_1).unwrap();
    // Which a dump leaves out.
    file.pragma_update(None, "application_id", 0x4152_756e).unwrap();
    file.pragma_update(None, "user_version", 1).unwrap();
    (folder, path)
}

fn version(path: &Path) -> i64 {
    let file = Connection::open(path).unwrap();
    file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_file_of_schema_1_keeps_its_jobs() {
    let (_folder, path) = version_1();
    let store = Database::open(&path).unwrap().job_store();
    let all = JobQuery { limit: 10, ..JobQuery::default() };
    let jobs = store.list(&all).await.unwrap().jobs;
    let statuses: Vec<_> = jobs.iter().map(agent_runner_domain::job::Job::status).collect();
    assert_eq!(statuses, [Status::Queued, Status::Failed, Status::Succeeded]);
    assert_eq!(jobs[0].id, WAITS.parse().unwrap());
    assert!(jobs.iter().all(|job| job.spec.budget.is_none() && job.spec.ancestors.is_empty()));
    let result = store.result(jobs[2].id).await.unwrap().unwrap();
    assert!(result.get().contains("kept"));
    assert_eq!(store.events(jobs[1].id, 0, 10).await.unwrap().len(), 4);
    assert_eq!(version(&path), 2);
}

#[tokio::test]
async fn a_file_of_schema_1_takes_what_came_later() {
    let (_folder, path) = version_1();
    let samples = Samples::default();
    let id: JobId = WAITS.parse().unwrap();
    let step = agent_runner_domain::RawJson::of("done").unwrap();
    {
        let database = Database::open(&path).unwrap();
        let new = samples.job();
        let running = new.job.id;
        let store = database.job_store();
        store.insert(vec![new]).await.unwrap();
        let (lease, claimed) = samples.claim();
        for event in [claimed, started(lease)] {
            let seen = store.load(running).await.unwrap().unwrap();
            store.commit(vec![samples.commit(&seen, event)]).await.remove(0).unwrap();
        }
        store.record_step(running, lease, "first", step.clone()).await.unwrap();
        assert_eq!(store.steps(running).await.unwrap(), [("first".to_owned(), step)]);
        assert!(store.steps(id).await.unwrap().is_empty());
    }
    let again = Database::open(&path).unwrap().job_store();
    assert!(again.load(id).await.unwrap().is_some(), "it opens a second time");
}
