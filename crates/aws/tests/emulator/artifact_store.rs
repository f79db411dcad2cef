//! The bucket keeps the port's promises.

use std::sync::Arc;

use agent_runner_aws::{artifact_store::S3Artifacts, fault::Trouble};
use agent_runner_domain::{
    JobId,
    ports::{ArtifactKey, ArtifactStore},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::site::Site;

async fn store() -> Arc<S3Artifacts> {
    let site = Site::new();
    let bucket = site.make_bucket().await;
    Arc::new(S3Artifacts::new(site.s3(), bucket))
}

fn key(attempt: u32, name: &str) -> ArtifactKey {
    ArtifactKey { job: JobId::from_u128(1), attempt, name: name.parse().unwrap() }
}

mod suite {
    agent_runner_testkit::artifact_store_suite!((super::store().await, ()));
}

#[tokio::test]
async fn failure_mode_12_a_stale_attempt_overwrites_nothing() {
    let store = store().await;
    store.put(&key(2, "report.md"), b"new".to_vec()).await.unwrap();
    store.put(&key(1, "report.md"), b"stale".to_vec()).await.unwrap();
    assert_eq!(store.get(&key(2, "report.md")).await.unwrap(), Some(b"new".to_vec()));
}

#[tokio::test]
async fn a_list_of_many_pages_is_whole() {
    let store = store().await;
    let put = |number: u32| {
        let store = store.clone();
        async move { store.put(&key(1, &format!("{number:04}")), Vec::new()).await.unwrap() }
    };
    for some in (0..1_100).collect::<Vec<_>>().chunks(50) {
        futures::future::join_all(some.iter().copied().map(put)).await;
    }
    let listed = store.list(JobId::from_u128(1)).await.unwrap();
    let names: Vec<_> = listed.iter().map(|info| info.name.to_string()).collect();
    assert_eq!(names, (0..1_100).map(|number| format!("{number:04}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_url_works_without_credentials() {
    let store = store().await;
    store.put(&key(1, "a b.txt"), b"hello".to_vec()).await.unwrap();
    let url = store.url(&key(1, "a b.txt")).await.unwrap().unwrap();
    assert!(url.contains("X-Amz-Signature=") && url.contains("X-Amz-Expires=3600"), "{url}");
    let answer = fetch(&url).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nhello"), "{answer}");
}

/// As a browser would, without a word about who asks.
async fn fetch(url: &str) -> std::io::Result<String> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut server = TcpStream::connect(host).await?;
    let asked = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    server.write_all(asked.as_bytes()).await?;
    let mut answer = String::new();
    server.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_missing_bucket_is_named_by_everything() {
    let site = Site::new();
    let store = S3Artifacts::new(site.s3(), "no-such-bucket-here".to_owned());
    let expected = "the bucket `no-such-bucket-here` does not exist in this account and region";
    let fault = store.check().await.unwrap_err();
    assert_eq!(fault.trouble, Trouble::NotFound);
    let errors = [
        fault.to_string(),
        store.put(&key(1, "a"), Vec::new()).await.unwrap_err().to_string(),
        store.get(&key(1, "a")).await.unwrap_err().to_string(),
        store.list(JobId::from_u128(1)).await.unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_bucket_that_is_there_passes() {
    store().await.check().await.unwrap();
}
