//! Texts that are too large for an item of the table, as objects in the bucket.
//!
//! Writers name an object by what is in it, so that a late or repeated write never replaces another's.

use std::fmt::Write as _;

use aws_sdk_s3::{Client, primitives::ByteStream};
use sha2::{Digest, Sha256};

use crate::{fault::Fault, objects};

/// The bucket did not do what it was asked; it may work later, unless the [`Fault`] says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LargeObjectError {
    #[error(transparent)]
    Call(#[from] Fault),
    #[error("reading from the bucket broke off: {0}")]
    BrokenOff(String),
}

/// Objects in one bucket.
#[derive(Debug, Clone)]
pub struct LargeObjects {
    s3: Client,
    bucket: String,
}

impl LargeObjects {
    #[must_use]
    pub fn new(s3: Client, bucket: String) -> Self {
        Self { s3, bucket }
    }

    /// # Errors
    /// When the bucket did not take it; whether it is stored is not known then.
    pub async fn put(&self, key: &str, content: Vec<u8>) -> Result<(), LargeObjectError> {
        let put = self.s3.put_object().bucket(&self.bucket).key(key);
        let sent =
            put.body(ByteStream::from(content)).content_type("application/json").send().await;
        sent.map_err(|error| Fault::of(&error, "s3:PutObject", &self.on()))?;
        Ok(())
    }

    /// `None`: there is no such object.
    ///
    /// # Errors
    /// When the bucket did not answer.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, LargeObjectError> {
        let Some(object) = objects::read(&self.s3, &self.bucket, key).await? else {
            return Ok(None);
        };
        let content = object.body.collect().await;
        let content = content.map_err(|error| LargeObjectError::BrokenOff(error.to_string()))?;
        Ok(Some(content.to_vec()))
    }

    fn on(&self) -> String {
        format!("the bucket `{}`", self.bucket)
    }
}

/// A name for a text that no other text has: 32 hexadecimal digits of its SHA-256.
#[must_use]
pub fn digest(text: &str) -> String {
    let mut name = String::with_capacity(32);
    for byte in &Sha256::digest(text)[..16] {
        write!(name, "{byte:02x}").expect("a text takes everything");
    }
    name
}
