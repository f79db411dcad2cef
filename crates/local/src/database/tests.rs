//! What can only be shown with a database that is tuned for it.

use std::path::Path;

use agent_runner_domain::{
    RawJson,
    ports::{JobStore, NewJob, StoreError},
};
use agent_runner_testkit::Samples;
use rusqlite::Connection;

use super::{Batch, Database, OpenError, Safety, Tuning};

fn open(path: &Path, tuning: Tuning) -> Result<Database, OpenError> {
    Database::open_tuned(path, &tuning)
}

fn full_at(pages: u32) -> Tuning {
    Tuning { pages_max: Some(pages), ..Tuning::default() }
}

#[test]
fn a_disk_without_room_for_a_new_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let error = open(&path, full_at(2)).err().unwrap();
    assert!(matches!(error, OpenError::DiskFull { .. }), "{error}");
    open(&path, Tuning::default()).unwrap();
}

#[tokio::test]
async fn a_full_disk_fails_writes_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let samples = Samples::default();
    let database = open(&path, full_at(100)).unwrap();
    let store = database.job_store();
    let mut stored = Vec::new();
    let error = loop {
        let payload = RawJson::of(&"x".repeat(10_000)).unwrap();
        let new = NewJob { payload, ..samples.job() };
        let id = new.job.id;
        match store.insert(vec![new]).await {
            Ok(_) => stored.push(id),
            Err(error) => break error,
        }
    };
    let StoreError::Unavailable(message) = error else { panic!("{error}") };
    assert!(message.contains("no room") && message.contains("jobs.sqlite3"), "{message}");
    assert!(!stored.is_empty());
    drop((store, database));

    let store = open(&path, Tuning::default()).unwrap().job_store();
    let found = store.load_many(&stored).await.unwrap();
    assert!(found.iter().all(Option::is_some));
    let counts = store.counts().await.unwrap();
    assert_eq!(counts[0].jobs, u64::try_from(stored.len()).unwrap());
    store.insert(vec![samples.job()]).await.unwrap();
}

#[tokio::test]
async fn a_writer_that_cannot_keep_up_refuses_instead_of_gathering_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    let tuning = Tuning { writes_waiting_max: 4, ..Tuning::default() };
    let database = open(&path, tuning).unwrap();
    let samples = Samples::default();
    let lock = Connection::open(&path).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let writes: Vec<_> = (0..20)
        .map(|_| {
            let (store, new) = (database.job_store(), samples.job());
            tokio::spawn(async move { store.insert(vec![new]).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    lock.execute_batch("COMMIT").unwrap();
    let mut refused = 0;
    for write in writes {
        if let Err(error) = write.await.unwrap() {
            assert!(error.to_string().contains("too many writes"), "{error}");
            refused += 1;
        }
    }
    // Four wait; of the rest, the writer had some in its hands when the lock stopped it.
    assert!((12..=16).contains(&refused), "{refused} of 20");
}

#[tokio::test]
async fn sqlite_waits_for_the_disk_unless_the_write_can_wait() {
    let folder = tempfile::tempdir().unwrap();
    let database = open(&folder.path().join("jobs.sqlite3"), Tuning::default()).unwrap();
    let synchronous = |safety| {
        let look = |batch: &mut Batch| {
            batch.sql("PRAGMA synchronous")?.query_row([], |row| row.get::<_, i64>(0))
        };
        let database = database.clone();
        async move { database.write_as(safety, look).await.unwrap() }
    };
    let (normal, full) = (1, 2);
    assert_eq!(synchronous(Safety::OnDisk).await, full);
    assert_eq!(synchronous(Safety::Written).await, normal);
    assert_eq!(synchronous(Safety::OnDisk).await, full);
}
