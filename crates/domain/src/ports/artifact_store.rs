//! Where files live.

use std::{fmt, str::FromStr};

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize};

use crate::JobId;

/// A file's name within its job: a relative path with `/`, without `.`, `..`, empty parts or control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ArtifactName(String);

impl ArtifactName {
    pub const BYTES_MAX: usize = 255;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no artifact name.
#[derive(Debug, thiserror::Error)]
#[error(
    "an artifact's name is a relative path of at most 255 bytes without `.`, `..`, `\\` or control characters"
)]
pub struct ArtifactNameError;

impl FromStr for ArtifactName {
    type Err = ArtifactNameError;

    fn from_str(text: &str) -> Result<Self, ArtifactNameError> {
        let part_ok = |part: &str| !part.is_empty() && part != "." && part != "..";
        let char_ok = |c: char| !c.is_control() && c != '\\';
        let ok = text.len() <= Self::BYTES_MAX
            && text.split('/').all(part_ok)
            && text.chars().all(char_ok);
        if ok { Ok(Self(text.to_owned())) } else { Err(ArtifactNameError) }
    }
}

impl<'de> Deserialize<'de> for ArtifactName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which file of which attempt: an attempt that lost its lease cannot overwrite another's files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactKey {
    pub job: JobId,
    pub attempt: u32,
    pub name: ArtifactName,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactInfo {
    pub name: ArtifactName,
    pub attempt: u32,
    pub bytes: u64,
}

/// It may work later: disk full, unreachable, not permitted.
#[derive(Debug, thiserror::Error)]
#[error("the artifact store is unavailable: {0}")]
pub struct ArtifactError(pub String);

/// Files by key. A put that returned is durable, and whole: readers never see half a file.
#[async_trait]
pub trait ArtifactStore: Send + Sync {
    /// Stores the file, in place of an earlier one under the same key.
    async fn put(&self, key: &ArtifactKey, content: Vec<u8>)
    -> Result<ArtifactInfo, ArtifactError>;

    /// `None`: no such file.
    async fn get(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, ArtifactError>;

    /// The files of a job, all attempts, sorted by attempt and name.
    async fn list(&self, job: JobId) -> Result<Vec<ArtifactInfo>, ArtifactError>;

    /// A URL from which the file can be fetched for a while without credentials, where the backend has such.
    async fn url(&self, key: &ArtifactKey) -> Result<Option<String>, ArtifactError>;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_never_leaves_its_folder(text in "[a./\\\\\\x00-\\x1f]{0,12}") {
            if let Ok(name) = text.parse::<ArtifactName>() {
                let path = std::path::Path::new(name.as_str());
                let normal = |part| matches!(part, std::path::Component::Normal(_));
                prop_assert!(path.components().all(normal), "{name}");
            }
        }
    }
}
