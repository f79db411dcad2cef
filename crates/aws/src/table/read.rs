//! Reads of the table, which see every write that has returned, and of its indexes, which may be late.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use super::{
    Index, PK, SK, Table,
    access::{CALLS_MAX, TRIES_MAX, pause},
    item::{Item, Key, text},
};
use crate::fault::{Fault, Trouble};

/// Keys in one `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;

/// A part of the table or of an index, walked in order.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) index: Option<Index>,
    pub(crate) hash: String,
    /// A condition on the range key and its values: `#range BETWEEN :1 AND :2`.
    pub(crate) range: Option<(&'static str, Vec<AttributeValue>)>,
    pub(crate) newest_first: bool,
    pub(crate) limit: usize,
}

impl Table {
    pub(crate) async fn get(&self, key: &Key, attributes: &[&str]) -> Result<Option<Item>, Fault> {
        let (projection, names) = projection(attributes);
        let got = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.item()))
            .consistent_read(true)
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .send()
            .await;
        Ok(got.map_err(|error| self.fault(&error, "GetItem"))?.item)
    }

    /// The items that exist, in no order. Keys may repeat.
    pub(crate) async fn get_many(
        &self,
        keys: impl IntoIterator<Item = Key>,
        attributes: &[&str],
    ) -> Result<HashMap<Key, Item>, Fault> {
        let unique: HashSet<_> = keys.into_iter().collect();
        let unique: Vec<_> = unique.into_iter().collect();
        let batches: Vec<_> = unique.chunks(BATCH_GET_MAX).map(<[Key]>::to_vec).collect();
        let reading = batches.into_iter().map(|batch| self.get_batch(batch, attributes));
        let read: Vec<Vec<Item>> =
            stream::iter(reading).buffer_unordered(CALLS_MAX).try_collect().await?;
        let keyed = read.into_iter().flatten().filter_map(|item| Some((Key::of(&item)?, item)));
        Ok(keyed.collect())
    }

    async fn get_batch(&self, keys: Vec<Key>, attributes: &[&str]) -> Result<Vec<Item>, Fault> {
        let (projection, names) = projection(attributes);
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.iter().map(Key::item).collect()))
            .consistent_read(true)
            .set_projection_expression(projection)
            .set_expression_attribute_names(names)
            .build()
            .expect("keys are set");
        let mut left: HashMap<String, KeysAndAttributes> = [(self.name.clone(), wanted)].into();
        let mut found = Vec::with_capacity(keys.len());
        for tries in 0..TRIES_MAX {
            let call = self.client.batch_get_item().set_request_items(Some(left)).send().await;
            let got = call.map_err(|error| self.fault(&error, "BatchGetItem"))?;
            found.extend(got.responses.into_iter().flat_map(HashMap::into_values).flatten());
            left = got.unprocessed_keys.unwrap_or_default();
            if left.is_empty() {
                return Ok(found);
            }
            sleep(pause(tries)).await;
        }
        Err(Fault::new(
            Trouble::Throttled,
            format!(
                "AWS limits the rate of dynamodb:BatchGetItem on {}: it left keys over",
                self.on()
            ),
        ))
    }

    /// As many of the first items as wanted; pages are followed.
    pub(crate) async fn query(&self, walk: Walk) -> Result<Vec<Item>, Fault> {
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let want = walk.limit - found.len();
            let (items, next) = self.query_page(&walk, want, from).await?;
            found.extend(items);
            from = next;
            if found.len() >= walk.limit || from.is_none() {
                found.truncate(walk.limit);
                return Ok(found);
            }
        }
    }

    /// One page and where the next begins.
    pub(crate) async fn query_page(
        &self,
        walk: &Walk,
        limit: usize,
        from: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Fault> {
        let (hash, range) = walk.index.map_or((PK, SK), |index| (index.hash, index.range));
        let mut names: HashMap<_, _> = [("#hash".to_owned(), hash.to_owned())].into();
        let mut values: HashMap<_, _> = [(":hash".to_owned(), text(&walk.hash))].into();
        let mut condition = "#hash = :hash".to_owned();
        if let Some((bounds, given)) = &walk.range {
            condition = format!("{condition} AND {bounds}");
            names.insert("#range".to_owned(), range.to_owned());
            values
                .extend(given.iter().cloned().zip(1..).map(|(value, n)| (format!(":{n}"), value)));
        }
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(walk.index.map(|index| index.name.to_owned()))
            .consistent_read(walk.index.is_none())
            .key_condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(!walk.newest_first)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(from);
        let page = call.send().await.map_err(|error| self.fault(&error, "Query"))?;
        let next = page.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((page.items.unwrap_or_default(), next))
    }
}

/// No attributes are all of them.
fn projection(attributes: &[&str]) -> (Option<String>, Option<HashMap<String, String>>) {
    if attributes.is_empty() {
        return (None, None);
    }
    let names: Vec<_> = attributes.iter().map(|name| format!("#{name}")).collect();
    let text = names.join(", ");
    let known = names.into_iter().zip(attributes.iter().map(|name| (*name).to_owned()));
    (Some(text), Some(known.collect()))
}
