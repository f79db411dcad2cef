//! Rules of `list` and `url`.

use std::sync::Arc;

use agent_runner_domain::{JobId, ports::ArtifactStore};

use super::{key, put};

pub async fn files_are_listed_by_attempt_and_name(store: Arc<dyn ArtifactStore>) {
    for (attempt, name) in [(2, "b"), (10, "a"), (2, "a/z"), (1, "c"), (2, "a/b/c")] {
        put(&*store, &key(1, attempt, name), name.as_bytes()).await;
    }
    put(&*store, &key(2, 1, "of another job"), b"").await;
    let listed = store.list(JobId::from_u128(1)).await.unwrap();
    let listed: Vec<_> =
        listed.iter().map(|info| (info.attempt, info.name.as_str(), info.bytes)).collect();
    assert_eq!(listed, [(1, "c", 1), (2, "a/b/c", 5), (2, "a/z", 3), (2, "b", 1), (10, "a", 1)]);
}

pub async fn a_job_without_files_has_none(store: Arc<dyn ArtifactStore>) {
    assert_eq!(store.list(JobId::from_u128(1)).await.unwrap(), []);
}

pub async fn a_file_that_was_replaced_is_listed_once(store: Arc<dyn ArtifactStore>) {
    put(&*store, &key(1, 1, "a"), b"first").await;
    put(&*store, &key(1, 1, "a"), b"2nd").await;
    let listed = store.list(JobId::from_u128(1)).await.unwrap();
    assert_eq!(listed.iter().map(|info| info.bytes).collect::<Vec<_>>(), [3]);
}

pub async fn a_url_is_given_or_not(store: Arc<dyn ArtifactStore>) {
    put(&*store, &key(1, 1, "a"), b"1").await;
    if let Some(url) = store.url(&key(1, 1, "a")).await.unwrap() {
        assert!(url.starts_with("http"), "{url}");
    }
}
