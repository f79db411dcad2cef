//! The accounts of a reservation: their limits, and where a call is counted.
//!
//! All calls of a tenant count on its day, and DynamoDB cancels transactions that meet on an item. So a day without
//! a limit is counted in several items, of which a job always uses the same. Under a limit there must be one item
//! that the condition is about: what was counted elsewhere is read before, and changes only by settlements then.

use agent_runner_domain::{
    Money,
    ports::{Account, AccountId, JobCost, Reservation, Shortage},
};

use super::{
    DynamoLedger, daily_limit, keys,
    sums::{self, COUNTED},
};
use crate::{
    fault::Fault,
    table::{Expression, Item, Key, number},
};

/// An account as a reservation meets it.
pub(super) struct Judged<'asked> {
    account: &'asked Account,
    /// The one that is in force.
    pub(super) limit: Option<Money>,
    /// Where the call is counted.
    pub(super) key: Key,
    /// What the account holds in other items.
    elsewhere: JobCost,
}

impl DynamoLedger {
    pub(super) async fn judge<'asked>(
        &self,
        asked: &'asked Reservation,
    ) -> Result<Vec<Judged<'asked>>, Fault> {
        let mut judged = Vec::with_capacity(asked.accounts.len());
        for account in &asked.accounts {
            let mut one = Judged {
                account,
                limit: account.limit,
                key: keys::account(&account.id),
                elsewhere: JobCost::default(),
            };
            if let AccountId::TenantDay { tenant, .. } = &account.id {
                let own = daily_limit::of(&self.table, tenant).await?;
                one.limit = one.limit.into_iter().chain(own).min();
                match one.limit {
                    Some(_) => one.elsewhere = self.elsewhere(&one.key).await?,
                    None => one.key = keys::spread(&account.id, asked.key.job),
                }
            }
            judged.push(one);
        }
        Ok(judged)
    }

    async fn elsewhere(&self, main: &Key) -> Result<JobCost, Fault> {
        let found = self.table.query(super::all_of(&main.pk)).await?;
        let others = found.iter().filter(|item| Key::of(item).as_ref() != Some(main));
        Ok(others.map(sums::read).sum())
    }
}

impl Judged<'_> {
    /// For an account without room, whose item was found so.
    pub(super) fn shortage(&self, found: Option<&Item>, asked: Option<Money>) -> Shortage {
        let sums: JobCost = found.map(sums::read).into_iter().chain([self.elsewhere]).sum();
        Shortage {
            account: self.id(),
            limit: self.limit.unwrap_or_default(),
            spent: sums.spent,
            held: sums.held,
            asked: asked.unwrap_or_default(),
        }
    }

    pub(super) fn id(&self) -> AccountId {
        self.account.id.clone()
    }

    /// Lets the change happen only where there is room for so much.
    pub(super) fn within_limit(&self, change: Expression, most: Money) -> Expression {
        let Some(limit) = self.limit.filter(|_| most > Money::ZERO) else {
            return change;
        };
        let exact = |amount: Money| i128::from(amount.nanodollars());
        let JobCost { spent, held, .. } = self.elsewhere;
        let room = exact(limit) - exact(most) - exact(spent) - exact(held);
        if room < 0 {
            // Nothing that is counted is negative: no account has so much room, not even one that has not begun.
            return change.only_if(COUNTED, "<=", number(room));
        }
        change.only_if_absent_or(COUNTED, "<=", number(room))
    }
}
