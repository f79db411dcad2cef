//! Writes of one item.

use aws_sdk_dynamodb::{
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use tokio::time::sleep;

use super::{
    Table,
    access::{TRIES_MAX, pause},
    expression::Expression,
    item::{Item, Key},
};
use crate::fault::Fault;

/// What became of a conditional write.
pub(crate) enum Written {
    /// It is stored. The old values of what it replaced, where an update replaced something.
    Done(Option<Item>),
    /// The condition does not hold for this item, or for the lack of one.
    Refused(Option<Item>),
}

impl Table {
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
            let Err(error) = put.send().await else {
                return Ok(Written::Done(None));
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
}
