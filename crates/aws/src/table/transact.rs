//! Writes of many items, all or none.

use aws_sdk_dynamodb::{
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};
use tokio::time::sleep;

use super::{
    Table,
    access::{TRIES_MAX, pause},
    expression::Expression,
    item::{Item, Key},
};
use crate::fault::Fault;

/// Reasons that may be gone a moment later.
const PASSING: [&str; 3] =
    ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];

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

impl Table {
    /// All actions or none. The SDK gives each call a token, so that a lost reply is asked for again and the
    /// actions are not done twice.
    pub(crate) async fn transact(&self, actions: &[Action]) -> Result<Transacted, Fault> {
        let items: Vec<_> = actions.iter().map(|action| self.transact_item(action)).collect();
        for tries in 0..TRIES_MAX {
            let call = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let Err(error) = call.send().await else {
                return Ok(Transacted::Done);
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(self.fault(&error, "TransactWriteItems"));
            };
            let reasons = cancelled.cancellation_reasons();
            let refused = reasoned(reasons, "ConditionalCheckFailed");
            if !refused.is_empty() {
                return Ok(Transacted::Refused(refused));
            }
            if !PASSING.into_iter().any(|code| !reasoned(reasons, code).is_empty()) {
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
}

/// Reasons are listed for all actions, in their order.
fn reasoned(reasons: &[CancellationReason], code: &str) -> Vec<(usize, Option<Item>)> {
    let numbered = reasons.iter().enumerate();
    let these = numbered.filter(|(_, reason)| reason.code() == Some(code));
    these.map(|(place, reason)| (place, reason.item.clone())).collect()
}
