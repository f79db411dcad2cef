//! Holding money before a call.

use agent_runner_domain::{
    Money,
    ports::{Account, AccountId, CallKey, Reservation, Reserved, Shortage},
};
use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    DynamoLedger, book, daily_limit, keys,
    sums::{COUNTED, Sums},
};
use crate::{
    fault::Fault,
    table::{Action, Expression, Item, Transacted, number, text},
};

/// The accounts that a call counts on, as its item keeps them: their keys.
pub(super) const ACCOUNTS: &str = "accounts";
/// How often the call was settled.
pub(super) const SETTLED: &str = "settled";
/// The actions of a transaction before those of the accounts.
const BEFORE_ACCOUNTS: usize = 2;

/// An account with the limit that is in force.
struct Judged<'asked> {
    account: &'asked Account,
    limit: Option<Money>,
}

impl DynamoLedger {
    pub(super) async fn reserve_call(&self, asked: &Reservation) -> Result<Reserved, Fault> {
        let accounts = self.limits(asked).await?;
        let limited = accounts.iter().find(|judged| judged.limit.is_some());
        if let (Some(limited), None) = (limited, asked.most) {
            let account = limited.account.id.clone();
            return self.unless_granted(asked.key, Reserved::NoPrice { account }).await;
        }
        self.days.open(&self.table, asked).await?;
        match self.transact(&actions(asked, &accounts)).await? {
            Transacted::Done => Ok(Reserved::Granted),
            Transacted::Refused(met) => self.refused(asked, &accounts, met).await,
        }
    }

    async fn limits<'asked>(
        &self,
        asked: &'asked Reservation,
    ) -> Result<Vec<Judged<'asked>>, Fault> {
        let mut judged = Vec::with_capacity(asked.accounts.len());
        for account in &asked.accounts {
            let own = match &account.id {
                AccountId::Job(_) => None,
                AccountId::TenantDay { tenant, .. } => daily_limit::of(&self.table, tenant).await?,
            };
            judged.push(Judged { account, limit: account.limit.into_iter().chain(own).min() });
        }
        Ok(judged)
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
        let Judged { account, limit } = &accounts[place - BEFORE_ACCOUNTS];
        let Sums { spent, held, .. } = found.map(|item| Sums::read(&item)).unwrap_or_default();
        let shortage = Shortage {
            account: account.id.clone(),
            limit: limit.unwrap_or_default(),
            spent,
            held,
            asked: asked.most.unwrap_or_default(),
        };
        self.unless_granted(asked.key, Reserved::Exceeded(shortage)).await
    }

    async fn unless_granted(&self, key: CallKey, otherwise: Reserved) -> Result<Reserved, Fault> {
        let found = self.table.get(&keys::call(key), &[SETTLED]).await?;
        Ok(if found.is_some() { Reserved::Granted } else { otherwise })
    }
}

fn actions(asked: &Reservation, accounts: &[Judged]) -> Vec<Action> {
    let sums = Sums::reserved(asked.most);
    let mut actions =
        vec![Action::PutNew(call(asked, &sums)), Action::PutNew(book::entry(asked, &sums))];
    actions.extend(accounts.iter().map(|judged| {
        let held = sums.replace(&Sums::default()).expect("a call counts");
        let held = judged.condition(held, asked.most.unwrap_or_default());
        Action::Update(keys::account(&judged.account.id), held)
    }));
    actions
}

impl Judged<'_> {
    fn condition(&self, change: Expression, most: Money) -> Expression {
        let Some(limit) = self.limit.filter(|_| most > Money::ZERO) else {
            return change;
        };
        let room = i128::from(limit.nanodollars()) - i128::from(most.nanodollars());
        if room < 0 {
            // Nothing that is counted is negative: no account has so much room, not even one that has not begun.
            return change.only_if(COUNTED, "<=", number(room));
        }
        change.only_if_absent_or(COUNTED, "<=", number(room))
    }
}

fn call(asked: &Reservation, sums: &Sums) -> Item {
    let mut item = keys::call(asked.key).item();
    sums.write(&mut item);
    let accounts = asked.accounts.iter().map(|account| text(keys::account(&account.id).pk));
    item.insert(ACCOUNTS.to_owned(), AttributeValue::L(accounts.collect()));
    item.insert(SETTLED.to_owned(), number(0));
    let entry = keys::entry(asked.key, asked.at, &asked.labels.tenant);
    item.insert(book::PLACE.to_owned(), AttributeValue::M(entry.item()));
    item
}
