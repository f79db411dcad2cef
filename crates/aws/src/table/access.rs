//! Reading and writing items, with what every caller needs: conflicts tried again, pages and leftovers followed,
//! refusals told from failures.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    operation::{
        put_item::PutItemError, transact_write_items::TransactWriteItemsError,
        update_item::UpdateItemError,
    },
    types::{
        AttributeValue, ConditionCheck, KeysAndAttributes, Put, ReturnValue,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
    },
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;

use super::{
    Index, PK, SK,
    expression::Expression,
    item::{Item, Key, text},
};
use crate::fault::{Fault, Trouble};

/// Keys in one `BatchGetItem`.
const BATCH_GET_MAX: usize = 100;
/// Calls under way at once for one caller.
pub(crate) const CALLS_MAX: usize = 16;
/// How often a write is tried that meets another transaction, or a read that leaves something over.
const TRIES_MAX: u32 = 10;
const PAUSE_FIRST: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// One table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) client: Client,
    pub(crate) name: String,
}

/// What became of a conditional write.
pub(crate) enum Written {
    /// It is stored. The old values of what it replaced, where an update replaced something.
    Done(Option<Item>),
    /// The condition does not hold for this item, or for the lack of one.
    Refused(Option<Item>),
}

/// One action of a transaction.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    PutNew(Item),
    Update(Key, Expression),
    Check(Key, Expression),
}

/// What became of a transaction.
pub(crate) enum Transacted {
    Done,
    /// Nothing is stored. For each action whose condition does not hold: its place and the item that it met.
    Refused(Vec<(usize, Option<Item>)>),
}

/// A part of the table or of an index, walked in order.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub(crate) index: Option<Index>,
    pub(crate) hash: String,
    /// A condition on the range key: an operator and values, as in `#range {text}`.
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
        let unique: std::collections::HashSet<_> = keys.into_iter().collect();
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

    /// Stores an item whatever is there.
    pub(crate) async fn put(&self, item: Item) -> Result<(), Fault> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| self.fault(&error, "PutItem"))
    }

    /// Stores an item if there is none.
    pub(crate) async fn put_new(&self, item: Item) -> Result<Written, Fault> {
        for tries in 0..TRIES_MAX {
            let put = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item.clone()))
                .condition_expression("attribute_not_exists(pk)")
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let error = match put.send().await {
                Ok(_) => return Ok(Written::Done(None)),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(Written::Refused(failed.item.clone()));
                }
                Some(PutItemError::TransactionConflictException(_)) => sleep(pause(tries)).await,
                _ => return Err(self.fault(&error, "PutItem")),
            }
        }
        Err(self.contended("PutItem"))
    }

    pub(crate) async fn update(&self, key: &Key, change: &Expression) -> Result<Written, Fault> {
        for tries in 0..TRIES_MAX {
            let update = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(key.item()))
                .set_update_expression(change.update_text())
                .set_condition_expression(change.condition_text())
                .set_expression_attribute_names(change.names())
                .set_expression_attribute_values(change.values())
                .return_values(ReturnValue::UpdatedOld)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let error = match update.send().await {
                Ok(updated) => return Ok(Written::Done(updated.attributes)),
                Err(error) => error,
            };
            match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(Written::Refused(
                        failed.item.clone().filter(|item| !item.is_empty()),
                    ));
                }
                Some(UpdateItemError::TransactionConflictException(_)) => sleep(pause(tries)).await,
                _ => return Err(self.fault(&error, "UpdateItem")),
            }
        }
        Err(self.contended("UpdateItem"))
    }

    /// All actions or none. The SDK gives each call a token, so that a lost reply is asked for again and the
    /// actions are not done twice.
    pub(crate) async fn transact(&self, actions: &[Action]) -> Result<Transacted, Fault> {
        let items: Vec<_> = actions.iter().map(|action| self.transact_item(action)).collect();
        for tries in 0..TRIES_MAX {
            let call = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let error = match call.send().await {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => error,
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(self.fault(&error, "TransactWriteItems"));
            };
            let reasons = cancelled.cancellation_reasons();
            let failed = |code: &str| reasons.iter().any(|reason| reason.code() == Some(code));
            if failed("ConditionalCheckFailed") {
                let refused = reasons
                    .iter()
                    .enumerate()
                    .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"));
                let refused = refused.map(|(place, reason)| (place, reason.item.clone()));
                return Ok(Transacted::Refused(refused.collect()));
            }
            let passing =
                ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
            if !passing.into_iter().any(failed) {
                return Err(self.fault(&error, "TransactWriteItems"));
            }
            sleep(pause(tries)).await;
        }
        Err(self.contended("TransactWriteItems"))
    }

    fn transact_item(&self, action: &Action) -> TransactWriteItem {
        let all_old = ReturnValuesOnConditionCheckFailure::AllOld;
        let item = TransactWriteItem::builder();
        match action {
            Action::PutNew(new) => {
                let put = Put::builder()
                    .table_name(&self.name)
                    .set_item(Some(new.clone()))
                    .condition_expression("attribute_not_exists(pk)")
                    .return_values_on_condition_check_failure(all_old);
                item.put(put.build().expect("table and item are set"))
            }
            Action::Update(key, change) => {
                let update = Update::builder()
                    .table_name(&self.name)
                    .set_key(Some(key.item()))
                    .set_update_expression(change.update_text())
                    .set_condition_expression(change.condition_text())
                    .set_expression_attribute_names(change.names())
                    .set_expression_attribute_values(change.values())
                    .return_values_on_condition_check_failure(all_old);
                item.update(update.build().expect("table, key and change are set"))
            }
            Action::Check(key, condition) => {
                let check = ConditionCheck::builder()
                    .table_name(&self.name)
                    .set_key(Some(key.item()))
                    .set_condition_expression(condition.condition_text())
                    .set_expression_attribute_names(condition.names())
                    .set_expression_attribute_values(condition.values())
                    .return_values_on_condition_check_failure(all_old);
                item.condition_check(check.build().expect("table, key and condition are set"))
            }
        }
        .build()
    }

    fn on(&self) -> String {
        format!("the table `{}`", self.name)
    }

    fn fault<E>(&self, error: &aws_sdk_dynamodb::error::SdkError<E>, action: &str) -> Fault
    where
        E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
    {
        Fault::of(error, &format!("dynamodb:{action}"), &self.on())
    }

    fn contended(&self, action: &str) -> Fault {
        let text =
            format!("dynamodb:{action} on {} met other writers {TRIES_MAX} times", self.on());
        Fault::new(Trouble::Throttled, text)
    }
}

/// Grows, and differs between those that met each other.
fn pause(tries: u32) -> Duration {
    let most = PAUSE_MAX.min(PAUSE_FIRST * 2_u32.saturating_pow(tries));
    most.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Nothing asks for whole items.
fn projection(attributes: &[&str]) -> (Option<String>, Option<HashMap<String, String>>) {
    if attributes.is_empty() {
        return (None, None);
    }
    let names: Vec<_> = attributes.iter().map(|name| format!("#{name}")).collect();
    let text = names.join(", ");
    let known = names.into_iter().zip(attributes.iter().map(|name| (*name).to_owned()));
    (Some(text), Some(known.collect()))
}
