//! Artifacts as objects of one bucket: `jobs/<job>/attempts/<attempt>/<name>`.
//!
//! The attempt is part of the key, so one that lost its lease can only ever overwrite its own files. S3 shows
//! an object whole or not at all, and sums are checked on both ways.

use std::time::Duration;

use agent_runner_domain::{
    JobId,
    ports::{ArtifactError, ArtifactInfo, ArtifactKey, ArtifactStore},
};
use async_trait::async_trait;
use aws_sdk_s3::{
    Client, config,
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{ChecksumAlgorithm, Object},
};
use aws_smithy_types::timeout::TimeoutConfig;

use crate::{fault::Fault, objects};

/// How long a handed out URL works, unless the credentials that signed it end before.
const URL_LIFE: Duration = Duration::from_hours(1);
/// What one try may take beside the time for its bytes.
const ANSWER_MAX: Duration = Duration::from_secs(30);
const BYTES_PER_SECOND_MIN: u64 = 500_000;

/// An [`ArtifactStore`] in one bucket.
#[derive(Debug, Clone)]
pub struct S3Artifacts {
    s3: Client,
    bucket: String,
}

impl S3Artifacts {
    #[must_use]
    pub fn new(s3: Client, bucket: String) -> Self {
        Self { s3, bucket }
    }

    /// Whether the bucket is there and ours to use, for start-up and `doctor`.
    ///
    /// # Errors
    /// When it is missing, in another region or another account's, or nobody answers.
    pub async fn check(&self) -> Result<(), Fault> {
        let looked = self.s3.head_bucket().bucket(&self.bucket).send().await;
        looked.map_err(|error| Fault::of(&error, "s3:ListBucket", &self.on()))?;
        Ok(())
    }

    fn on(&self) -> String {
        format!("the bucket `{}`", self.bucket)
    }
}

#[async_trait]
impl ArtifactStore for S3Artifacts {
    async fn put(
        &self,
        key: &ArtifactKey,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, ArtifactError> {
        let bytes = content.len() as u64;
        let patience = config::Builder::new().timeout_config(time_for(bytes));
        let put = self.s3.put_object().bucket(&self.bucket).key(object(key));
        let put = put.checksum_algorithm(ChecksumAlgorithm::Crc32).body(ByteStream::from(content));
        put.customize().config_override(patience).send().await.map_err(|error| {
            let fault = Fault::of(&error, "s3:PutObject", &self.on());
            ArtifactError(format!("`{}` cannot be written: {fault}", key.name))
        })?;
        Ok(ArtifactInfo { name: key.name.clone(), attempt: key.attempt, bytes })
    }

    async fn get(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, ArtifactError> {
        let failed = |why: String| ArtifactError(format!("`{}` cannot be read: {why}", key.name));
        let found = objects::read(&self.s3, &self.bucket, &object(key)).await;
        let found = found.map_err(|fault| failed(fault.to_string()))?;
        let Some(found) = found else { return Ok(None) };
        let content = found.body.collect().await;
        let content = content
            .map_err(|error| failed(format!("the answer of {} broke off: {error}", self.on())))?;
        Ok(Some(content.to_vec()))
    }

    async fn list(&self, job: JobId) -> Result<Vec<ArtifactInfo>, ArtifactError> {
        let prefix = folder(job);
        let listing = self.s3.list_objects_v2().bucket(&self.bucket).prefix(&prefix);
        let mut pages = listing.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| {
                let fault = Fault::of(&error, "s3:ListBucket", &self.on());
                ArtifactError(format!("the files of {job} cannot be listed: {fault}"))
            })?;
            found.extend(page.contents().iter().filter_map(|object| info(&prefix, object)));
        }
        found.sort_by(|a, b| (a.attempt, &a.name).cmp(&(b.attempt, &b.name)));
        Ok(found)
    }

    async fn url(&self, key: &ArtifactKey) -> Result<Option<String>, ArtifactError> {
        let life = PresigningConfig::expires_in(URL_LIFE).expect("an hour is within the limits");
        let get = self.s3.get_object().bucket(&self.bucket).key(object(key));
        // As a file to keep: nobody's browser is to show what an agent wrote as a page.
        let get = get.response_content_disposition("attachment");
        let signed = get.presigned(life).await.map_err(|error| {
            let fault = Fault::of(&error, "s3:GetObject", &self.on());
            ArtifactError(format!("no URL can be made for `{}`: {fault}", key.name))
        })?;
        Ok(Some(signed.uri().to_owned()))
    }
}

fn folder(job: JobId) -> String {
    format!("jobs/{job}/attempts/")
}

fn object(key: &ArtifactKey) -> String {
    format!("{}{}/{}", folder(key.job), key.attempt, key.name)
}

/// `None`: an object that is no artifact.
fn info(folder: &str, object: &Object) -> Option<ArtifactInfo> {
    let (attempt, name) = object.key()?.strip_prefix(folder)?.split_once('/')?;
    let bytes = u64::try_from(object.size()?).ok()?;
    Some(ArtifactInfo { name: name.parse().ok()?, attempt: attempt.parse().ok()?, bytes })
}

/// Large files over slow lines are no outage.
fn time_for(bytes: u64) -> TimeoutConfig {
    let one_try = ANSWER_MAX + Duration::from_secs(bytes / BYTES_PER_SECOND_MIN);
    TimeoutConfig::builder()
        .operation_attempt_timeout(one_try)
        .operation_timeout(one_try * 3)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Answer, Replay};

    /// S3 answers without a body here.
    #[tokio::test]
    async fn what_is_wrong_with_a_bucket_is_said() {
        let cases: [(u16, &'static [_], _); 3] = [
            (404, &[], "the bucket `b` does not exist in this account and region"),
            (
                403,
                &[],
                "s3:ListBucket on the bucket `b` is denied: a policy of this identity must allow it, or the bucket is another account's",
            ),
            (
                301,
                &[("x-amz-bucket-region", "eu-west-1")],
                "the bucket `b` is in the region eu-west-1: set AWS_REGION",
            ),
        ];
        for (status, headers, expected) in cases {
            let replay = Replay::from(vec![Answer { status, headers, body: "" }]);
            let store = S3Artifacts::new(Client::new(&replay.config()), "b".to_owned());
            let fault = store.check().await.unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{fault}");
        }
    }
}
