//! JSON that is an attribute of an item while it is small, and an object in the bucket beyond.
//!
//! A write costs by the size of the whole item, each time; from a few KB on an object is cheaper. An object is
//! named by its content and stored before the item that refers to it, so a writer that loses leaves an object
//! behind that nobody reads, and never changes one that somebody reads.

use agent_runner_domain::{JobId, ports::StoreError};
use aws_sdk_dynamodb::types::AttributeValue;

use super::faults::corrupt;
use crate::{
    large_objects::{LargeObjects, digest},
    table::{Item, text},
};

/// Documents that are written with every change of a job, because they are in its item.
pub(super) const WITH_JOB_BYTES_MAX: usize = 4 * 1024;
/// Documents in an item of their own, and the changing part of a job, which an object would make slow.
pub(super) const ALONE_BYTES_MAX: usize = 32 * 1024;

const LARGE: &str = "large";

/// Documents of one job.
#[derive(Clone, Copy)]
pub(super) struct Documents<'store> {
    pub(super) large: &'store LargeObjects,
    pub(super) job: JobId,
}

impl Documents<'_> {
    /// The attribute that stands for the document; `name` says what it is, for people who look into the bucket.
    pub(super) async fn store(
        self,
        name: &str,
        json: String,
        inline_bytes_max: usize,
    ) -> Result<AttributeValue, StoreError> {
        if json.len() <= inline_bytes_max {
            return Ok(text(json));
        }
        let key = self.store_object(name, json).await?;
        Ok(AttributeValue::M([(LARGE.to_owned(), text(key))].into()))
    }

    pub(super) async fn store_object(self, name: &str, json: String) -> Result<String, StoreError> {
        let key = format!("jobs/{}/{name}-{}.json", self.job, digest(&json));
        self.large.put(&key, json.into_bytes()).await?;
        Ok(key)
    }

    /// `None`: the item has no such document.
    pub(super) async fn load(self, item: &Item, name: &str) -> Result<Option<String>, StoreError> {
        match item.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(json)) => Ok(Some(json.clone())),
            Some(AttributeValue::M(reference)) => match reference.get(LARGE) {
                Some(AttributeValue::S(key)) => self.load_object(key).await.map(Some),
                _ => Err(self.unreadable(name)),
            },
            Some(_) => Err(self.unreadable(name)),
        }
    }

    pub(super) async fn load_object(self, key: &str) -> Result<String, StoreError> {
        let content = self.large.get(key).await?;
        let content =
            content.ok_or_else(|| corrupt(self.job, format!("{key} is not in the bucket")))?;
        String::from_utf8(content).map_err(|error| corrupt(key, error))
    }

    fn unreadable(self, name: &str) -> StoreError {
        corrupt(self.job, format!("the attribute `{name}` is no document"))
    }
}
