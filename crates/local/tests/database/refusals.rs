//! What cannot be opened or used is named, with the file and what to do.

use std::{fs, path::Path};

use agent_runner_domain::ports::{JobStore, StoreError};
use agent_runner_local::database::{Database, OpenError};
use agent_runner_testkit::Samples;
use rusqlite::Connection;
use tempfile::TempDir;

fn file() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.sqlite3");
    (folder, path)
}

fn refused(path: &Path) -> OpenError {
    let error = Database::open(path).err().expect("it must not open");
    let message = error.to_string();
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    error
}

#[test]
fn a_locked_file_is_refused() {
    let (_folder, path) = file();
    drop(Database::open(&path).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    drop(other);
    Database::open(&path).unwrap();
}

#[tokio::test]
async fn a_lock_taken_meanwhile_fails_writes_until_it_is_gone() {
    let (_folder, path) = file();
    let store = Database::open(&path).unwrap().job_store();
    let samples = Samples::default();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.insert(vec![samples.job()]).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("locked")), "{error}");
    assert!(store.check().await.is_err());
    assert!(store.counts().await.unwrap().is_empty(), "reading goes on");
    other.execute_batch("COMMIT").unwrap();
    store.insert(vec![samples.job()]).await.unwrap();
    store.check().await.unwrap();
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let (_folder, path) = file();
    fs::write(&path, "my shopping list\n".repeat(1_000)).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert!(fs::read_to_string(&path).unwrap().starts_with("my shopping list"));
}

#[test]
fn a_database_of_another_program_is_refused_untouched() {
    let (_folder, path) = file();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE songs (title TEXT)").unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    let error = refused(&path);
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused() {
    let (_folder, path) = file();
    drop(Database::open(&path).unwrap());
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    let error = refused(&path);
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn damage_is_called_damage() {
    let (_folder, path) = file();
    let samples = Samples::default();
    let jobs: Vec<_> = (0..200).map(|_| samples.job()).collect();
    let ids: Vec<_> = jobs.iter().map(|new| new.job.id).collect();
    let database = Database::open(&path).unwrap();
    database.job_store().insert(jobs).await.unwrap();
    drop(database);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4_096..].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let error = match Database::open(&path) {
        Err(error) => error.to_string(),
        Ok(database) => {
            let error = database.job_store().load_many(&ids).await.unwrap_err();
            assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
            error.to_string()
        }
    };
    assert!(error.contains("jobs.sqlite3") && error.contains("copy"), "{error}");
}

#[test]
fn a_missing_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&folder.path().join("missing").join("jobs.sqlite3"));
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, path) = file();
    let permit =
        |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    permit(0o500);
    // The superuser may write everywhere; for it, this folder is one like any other.
    if fs::write(folder.path().join("probe"), "").is_err() {
        let error = refused(&path);
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
    }
    permit(0o700);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_nobody_can_write_is_refused() {
    let error = refused(Path::new("/proc/self/jobs.sqlite3"));
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error}");
}
