//! One owner at a time.

use agent_runner_domain::Timestamp;
use agent_runner_local::data_folder::{DataFolder, OpenError};

const NOW: Timestamp = Timestamp::MAX;

#[test]
fn a_second_owner_is_refused_and_told_of_the_first() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("new").join("data");
    let mut first = DataFolder::open(&path, NOW).unwrap();
    let silent = DataFolder::open(&path, NOW).unwrap_err().to_string();
    first.announce("http://127.0.0.1:8000").unwrap();
    let error = DataFolder::open(&path, NOW).unwrap_err();
    assert!(matches!(&error, OpenError::Taken { owner: Some(_), .. }));
    let (pid, message) = (std::process::id().to_string(), error.to_string());
    for text in [path.to_str().unwrap(), &pid, "http://127.0.0.1:8000"] {
        assert!(message.contains(text), "{message}");
    }
    assert!(silent.contains(&pid), "{silent}");
}

#[test]
fn a_running_owner_is_found_and_a_gone_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(DataFolder::owner(folder.path()), None);
    let mut taken = DataFolder::open(folder.path(), NOW).unwrap();
    taken.announce("http://127.0.0.1:8000").unwrap();
    let owner = DataFolder::owner(folder.path()).unwrap();
    assert_eq!((owner.pid, owner.started_at), (std::process::id(), NOW));
    assert_eq!(owner.url.as_deref(), Some("http://127.0.0.1:8000"));
    drop(taken);
    assert_eq!(DataFolder::owner(folder.path()), None);
    DataFolder::open(folder.path(), NOW).unwrap();
}

#[test]
fn what_a_crashed_owner_left_is_nobodys() {
    let folder = tempfile::tempdir().unwrap();
    let left = r#"{"pid":1,"url":"http://127.0.0.1:1","started_at":"2026-01-01T00:00:00Z"}"#;
    std::fs::write(folder.path().join("owner.lock"), "").unwrap();
    std::fs::write(folder.path().join("owner.json"), left).unwrap();
    assert_eq!(DataFolder::owner(folder.path()), None);
    DataFolder::open(folder.path(), NOW).unwrap();
}

#[test]
fn looking_for_the_owner_does_not_keep_one_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    drop(DataFolder::open(folder.path(), NOW).unwrap());
    let path = folder.path().to_owned();
    let looking = std::thread::spawn(move || {
        for _ in 0..2_000 {
            let _ = DataFolder::owner(&path);
        }
    });
    for _ in 0..20 {
        drop(DataFolder::open(folder.path(), NOW).unwrap());
    }
    looking.join().unwrap();
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_for_its_user_only() {
    use std::os::unix::fs::PermissionsExt;

    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let _owned = DataFolder::open(&path, NOW).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_file_in_its_place_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    std::fs::write(&path, "").unwrap();
    let message = DataFolder::open(&path, NOW).unwrap_err().to_string();
    assert!(message.contains(path.to_str().unwrap()), "{message}");
}
