//! The provider of models as it is, whatever the book of the engine says of it.

use std::collections::BTreeMap;

use agent_runner_domain::{
    Money,
    ports::{AccountId, CallKey},
};

#[derive(Default)]
pub(crate) struct Provider {
    /// Calls that were granted, made or not.
    pub(crate) calls: BTreeMap<CallKey, Call>,
    /// What the tenant may spend a day.
    pub(crate) day_limit: Option<Money>,
    /// The loosest of all limits that were in force.
    pub(crate) day_limit_ever: Option<Money>,
}

pub(crate) struct Call {
    /// All that it counts on.
    pub(crate) accounts: Vec<AccountId>,
    /// What was held for it.
    pub(crate) most: Option<Money>,
    /// What the provider takes for it, since it was made.
    pub(crate) made: Option<Cost>,
    /// The last charge that has reached the book.
    pub(crate) settled: Option<Cost>,
}

/// What one call costs. Nobody knows the price of some models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost(pub(crate) Option<Money>);

/// What an account should hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) spent: Money,
    pub(crate) held: Money,
    pub(crate) calls: u64,
}

impl Provider {
    pub(crate) fn begin_with(day_limit: Option<Money>) -> Self {
        Self { calls: BTreeMap::new(), day_limit, day_limit_ever: day_limit }
    }

    pub(crate) fn set_day_limit(&mut self, limit: Option<Money>) {
        self.day_limit = limit;
        let both = self.day_limit_ever.zip(limit);
        self.day_limit_ever = both.map(|(ever, limit)| ever.max(limit));
    }

    fn of<'a>(&'a self, account: &'a AccountId) -> impl Iterator<Item = &'a Call> {
        self.calls.values().filter(|call| call.accounts.contains(account))
    }

    /// What calls that count on the account have cost in truth.
    pub(crate) fn takes(&self, account: &AccountId) -> Money {
        self.of(account).filter_map(|call| call.made?.0).sum()
    }

    /// What the book must say.
    pub(crate) fn sum(&self, account: &AccountId) -> Sum {
        let mut sum = Sum::default();
        for call in self.of(account) {
            sum.calls += 1;
            match call.settled {
                Some(cost) => sum.spent += cost.0.unwrap_or_default(),
                None => sum.held += call.most.unwrap_or_default(),
            }
        }
        sum
    }
}
