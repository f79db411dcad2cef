//! Holding money before a call.

use agent_runner_domain::ports::{CallKey, JobCost, Reservation, Reserved};
use aws_sdk_dynamodb::types::AttributeValue;

use super::{DynamoLedger, book, judged::Judged, keys, sums};
use crate::{
    fault::Fault,
    table::{Action, Item, Transacted, number},
};

/// The accounts that a call counts on, as its item keeps them: their keys.
pub(super) const ACCOUNTS: &str = "accounts";
/// How often the call was settled.
pub(super) const SETTLED: &str = "settled";
/// The actions of a transaction before those of the accounts.
const BEFORE_ACCOUNTS: usize = 2;

impl DynamoLedger {
    pub(super) async fn reserve_call(&self, asked: &Reservation) -> Result<Reserved, Fault> {
        let accounts = self.judge(asked).await?;
        let limited = accounts.iter().find(|judged| judged.limit.is_some());
        if let (Some(limited), None) = (limited, asked.most) {
            let refusal = Reserved::NoPrice { account: limited.id() };
            return self.unless_granted(asked.key, refusal).await;
        }
        self.days.open(&self.table, asked).await?;
        match self.transact(&actions(asked, &accounts)).await? {
            Transacted::Done => Ok(Reserved::Granted),
            Transacted::Refused(met) => self.refused(asked, &accounts, met).await,
        }
    }

    /// A call that is there was granted; else the first account without room is the answer.
    async fn refused(
        &self,
        asked: &Reservation,
        accounts: &[Judged<'_>],
        met: Vec<(usize, Option<Item>)>,
    ) -> Result<Reserved, Fault> {
        let full = met.into_iter().find(|(place, _)| *place >= BEFORE_ACCOUNTS);
        let Some((place, found)) = full else {
            return Ok(Reserved::Granted);
        };
        let shortage = accounts[place - BEFORE_ACCOUNTS].shortage(found.as_ref(), asked.most);
        self.unless_granted(asked.key, Reserved::Exceeded(shortage)).await
    }

    async fn unless_granted(&self, key: CallKey, otherwise: Reserved) -> Result<Reserved, Fault> {
        let found = self.table.get(&keys::call(key), &[SETTLED]).await?;
        Ok(if found.is_some() { Reserved::Granted } else { otherwise })
    }
}

fn actions(asked: &Reservation, accounts: &[Judged]) -> Vec<Action> {
    let cost = JobCost::reserved(asked.most);
    let mut actions = vec![
        Action::PutNew(call(asked, accounts, &cost)),
        Action::PutNew(book::entry(asked, &cost)),
    ];
    actions.extend(accounts.iter().map(|judged| {
        let held = sums::replace(&JobCost::default(), &cost).expect("a call counts");
        let held = judged.within_limit(held, asked.most.unwrap_or_default());
        Action::Update(judged.key.clone(), held)
    }));
    actions
}

fn call(asked: &Reservation, accounts: &[Judged], cost: &JobCost) -> Item {
    let mut item = keys::call(asked.key).item();
    sums::write(cost, &mut item);
    let accounts = accounts.iter().map(|judged| AttributeValue::M(judged.key.item()));
    item.insert(ACCOUNTS.to_owned(), AttributeValue::L(accounts.collect()));
    item.insert(SETTLED.to_owned(), number(0));
    let entry = keys::entry(asked.key, asked.at, &asked.labels.tenant);
    item.insert(book::PLACE.to_owned(), AttributeValue::M(entry.item()));
    item
}
