//! Whether a worker's image is there, if ECR keeps it.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use serde_json::{Value, json};

use crate::{fault::Fault, signed::Call};

const ACTION: &str = "ecr:DescribeImages";
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/x-amz-json-1.1"),
    ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeImages"),
];
const TAG: &str = "latest";

/// The name of an image in a private registry of ECR:
/// `111122223333.dkr.ecr.eu-west-1.amazonaws.com/agent-runner/worker@sha256:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EcrImage<'a> {
    name: &'a str,
    account: &'a str,
    region: &'a str,
    repository: &'a str,
    version: Version<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version<'a> {
    Tag(&'a str),
    Digest(&'a str),
}

impl<'a> EcrImage<'a> {
    /// `None`: it is kept elsewhere.
    pub(crate) fn of(name: &'a str) -> Option<Self> {
        let (host, path) = name.split_once('/')?;
        let (account, rest) = host.split_once(".dkr.ecr.")?;
        let (region, _) = rest.split_once(".amazonaws.com")?;
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => (path, Some(digest)),
            None => (path, None),
        };
        let (repository, tag) = path.split_once(':').unwrap_or((path, TAG));
        let version = digest.map_or(Version::Tag(tag), Version::Digest);
        Some(Self { name, account, region, repository, version })
    }

    /// # Errors
    /// When it is not there, this identity may not ask, or nobody answers.
    pub(crate) async fn check(&self, sdk: &SdkConfig) -> Result<(), Fault> {
        let on = format!("the image `{}`", self.name);
        let call = Call {
            action: ACTION,
            on: &on,
            host: format!("api.ecr.{}", self.region),
            region: self.region,
            headers: HEADERS,
            body: self.question().to_string(),
        };
        call.send(sdk, read).await
    }

    fn question(&self) -> Value {
        let id = match self.version {
            Version::Tag(tag) => json!({"imageTag": tag}),
            Version::Digest(digest) => json!({"imageDigest": digest}),
        };
        json!({
            "registryId": self.account, "repositoryName": self.repository, "imageIds": [id],
        })
    }
}

fn read(answer: &HttpResponse) -> Result<(), OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let is_one = said["imageDetails"].as_array().is_some_and(|images| !images.is_empty());
    match (answer.status().is_success(), is_one) {
        (true, true) => Ok(()),
        (true, false) => Err(OrchestratorError::other("the answer tells of no image")),
        (false, _) => Err(OrchestratorError::operation(refusal(&said))),
    }
}

fn refusal(said: &Value) -> ErrorMetadata {
    let mut refusal = ErrorMetadata::builder();
    if let Some(kind) = said["__type"].as_str() {
        refusal = refusal.code(kind.rsplit('#').next().unwrap_or(kind));
    }
    if let Some(message) = said["message"].as_str().or_else(|| said["Message"].as_str()) {
        refusal = refusal.message(message);
    }
    refusal.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fault::Trouble, replay::Replay};

    const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/n/worker@sha256:0a1b";

    fn version(name: &str) -> Option<(&str, Version<'_>)> {
        EcrImage::of(name).map(|image| (image.repository, image.version))
    }

    #[test]
    fn an_image_is_taken_apart_by_its_name() {
        let host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com";
        assert_eq!(version(IMAGE), Some(("n/worker", Version::Digest("sha256:0a1b"))));
        let both = format!("{host}/n/worker:1@sha256:0a1b");
        assert_eq!(version(&both), Some(("n/worker", Version::Digest("sha256:0a1b"))));
        assert_eq!(version(&format!("{host}.cn/w:1")), Some(("w", Version::Tag("1"))));
        assert_eq!(version(&format!("{host}/w")), Some(("w", Version::Tag("latest"))));
        for elsewhere in ["agent-runner-worker", "ghcr.io/n/worker:1", "localhost:5000/worker"] {
            assert_eq!(version(elsewhere), None, "{elsewhere}");
        }
    }

    #[tokio::test]
    async fn an_image_that_is_not_there_is_told_from_one_that_cannot_be_asked_for() {
        let check = async |status, body| {
            let replay = Replay::new([(status, body)]);
            let answer = EcrImage::of(IMAGE).unwrap().check(&replay.config()).await;
            assert!(replay.asked()[0].contains(r#""imageDigest":"sha256:0a1b""#));
            answer.map_err(|fault| (fault.trouble, fault.to_string()))
        };
        let there = r#"{"imageDetails":[{"imageDigest":"sha256:0a1b"}]}"#;
        assert_eq!(check(200, there).await, Ok(()));
        for (status, body, trouble) in [
            (
                400,
                r#"{"__type":"ImageNotFoundException","message":"The image with imageId … does not exist"}"#,
                Trouble::NotFound,
            ),
            (
                400,
                r#"{"__type":"com.amazonaws.ecr#RepositoryNotFoundException","message":"The repository does not exist"}"#,
                Trouble::NotFound,
            ),
            (
                400,
                r#"{"__type":"AccessDeniedException","Message":"User is not authorized to perform: ecr:DescribeImages"}"#,
                Trouble::Denied,
            ),
            (503, "away", Trouble::Unavailable),
            (200, "{}", Trouble::Unavailable),
        ] {
            let (found, text) = check(status, body).await.unwrap_err();
            assert_eq!(found, trouble, "{text}");
            assert!(text.contains(IMAGE), "{text}");
        }
    }
}
