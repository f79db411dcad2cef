//! Rules of `put` and `get`.

use std::sync::Arc;

use agent_runner_domain::ports::ArtifactStore;

use super::{key, put};

pub async fn a_file_is_read_as_it_was_written(store: Arc<dyn ArtifactStore>) {
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    put(&*store, &key(1, 1, "all.bin"), &bytes).await;
    assert_eq!(store.get(&key(1, 1, "all.bin")).await.unwrap(), Some(bytes));
}

pub async fn an_empty_file_is_a_file(store: Arc<dyn ArtifactStore>) {
    put(&*store, &key(1, 1, "empty"), b"").await;
    assert_eq!(store.get(&key(1, 1, "empty")).await.unwrap(), Some(Vec::new()));
}

pub async fn a_file_that_is_not_there_is_none(store: Arc<dyn ArtifactStore>) {
    assert_eq!(store.get(&key(1, 1, "a")).await.unwrap(), None);
    put(&*store, &key(1, 1, "a"), b"1").await;
    assert_eq!(store.get(&key(1, 1, "b")).await.unwrap(), None);
    assert_eq!(store.get(&key(1, 1, "a/b")).await.unwrap(), None);
}

pub async fn a_folder_of_files_is_no_file(store: Arc<dyn ArtifactStore>) {
    put(&*store, &key(1, 1, "a/b/c"), b"1").await;
    assert_eq!(store.get(&key(1, 1, "a/b")).await.unwrap(), None);
    assert_eq!(store.get(&key(1, 1, "a/b/c")).await.unwrap(), Some(b"1".to_vec()));
}

pub async fn a_later_file_takes_the_place_of_an_earlier(store: Arc<dyn ArtifactStore>) {
    put(&*store, &key(1, 1, "a"), b"a longer one").await;
    put(&*store, &key(1, 1, "a"), b"short").await;
    assert_eq!(store.get(&key(1, 1, "a")).await.unwrap(), Some(b"short".to_vec()));
}

pub async fn jobs_and_attempts_share_no_files(store: Arc<dyn ArtifactStore>) {
    let keys = [key(1, 1, "a"), key(1, 2, "a"), key(2, 1, "a"), key(1, 12, "a")];
    for (number, key) in keys.iter().enumerate() {
        put(&*store, key, number.to_string().as_bytes()).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(store.get(key).await.unwrap(), Some(number.to_string().into_bytes()));
    }
}

pub async fn odd_names_are_names(store: Arc<dyn ArtifactStore>) {
    let long = "n".repeat(255);
    for name in ["a b", "-rf", ".hidden", "é/ü", "50%2F", "a?b#c&d", "…", "C:", long.as_str()] {
        put(&*store, &key(1, 1, name), name.as_bytes()).await;
        let found = store.get(&key(1, 1, name)).await.unwrap();
        assert_eq!(found.as_deref(), Some(name.as_bytes()), "{name}");
    }
}

pub async fn readers_never_see_half_a_file(store: Arc<dyn ArtifactStore>) {
    const BYTES: usize = 200_000;
    put(&*store, &key(1, 1, "a"), &vec![b'0'; BYTES]).await;
    let writer = store.clone();
    let writing = tokio::spawn(async move {
        for round in 0..20 {
            put(&*writer, &key(1, 1, "a"), &vec![round; BYTES]).await;
        }
    });
    while !writing.is_finished() {
        let content = store.get(&key(1, 1, "a")).await.unwrap().expect("it is always there");
        assert!(content.len() == BYTES && content.iter().all(|byte| *byte == content[0]));
    }
    writing.await.unwrap();
}
