//! Numbers of calls: of one, or of all that count on an account.

use std::iter::Sum;

use agent_runner_domain::{
    Money,
    ports::{Charge, CostRow, JobCost, Tokens},
};

use crate::table::{Expression, Item, number, read_number};

/// Of an account: what is spent and held together.
pub(super) const COUNTED: &str = "counted";

/// What is counted. In items, each number has an attribute of its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) calls: u64,
    pub(super) unpriced: u64,
    pub(super) held: Money,
    pub(super) spent: Money,
    pub(super) tokens: Tokens,
}

impl Sums {
    /// Of a call that is about to be made.
    pub(super) fn reserved(most: Option<Money>) -> Self {
        let unpriced = u64::from(most.is_none());
        Self { calls: 1, unpriced, held: most.unwrap_or_default(), ..Self::default() }
    }

    /// Of a call that was made.
    pub(super) fn charged(charge: &Charge) -> Self {
        Self {
            calls: 1,
            unpriced: u64::from(charge.cost.is_none()),
            held: Money::ZERO,
            spent: charge.cost.unwrap_or_default(),
            tokens: charge.tokens,
        }
    }

    /// What is missing is zero; what is larger than a number here is the largest.
    pub(super) fn read(item: &Item) -> Self {
        let count = |name| {
            let exact: i128 = read_number(item, name).unwrap_or_default();
            u64::try_from(exact.max(0)).unwrap_or(u64::MAX)
        };
        Self {
            calls: count("calls"),
            unpriced: count("unpriced"),
            held: Money::from_nanodollars(count("held")),
            spent: Money::from_nanodollars(count("spent")),
            tokens: Tokens {
                input: count("input"),
                output: count("output"),
                cache_read: count("cache_read"),
                cache_write: count("cache_write"),
            },
        }
    }

    /// Into an item that is put.
    pub(super) fn write(&self, item: &mut Item) {
        item.extend(self.parts().map(|(name, value)| (name.to_owned(), number(value))));
    }

    /// Into an item that is there.
    pub(super) fn set(&self, change: Expression) -> Expression {
        self.parts()
            .into_iter()
            .fold(change, |change, (name, value)| change.set(name, number(value)))
    }

    /// Puts these numbers in the place of `old` in an account's sums. `None`: that changes nothing.
    pub(super) fn replace(&self, old: &Self) -> Option<Expression> {
        let exact = i128::from;
        let parts = self.parts().into_iter().zip(old.parts());
        let grown = parts.map(|((name, new), (_, old))| (name, exact(new) - exact(old)));
        let counted = exact(self.counted()) - exact(old.counted());
        let all = grown.chain([(COUNTED, counted)]).filter(|(_, by)| *by != 0);
        all.fold(None, |change: Option<Expression>, (name, by)| {
            Some(change.unwrap_or_default().count(name, number(by)))
        })
    }

    /// As a row of a report that has no key yet.
    pub(super) fn into_row(self) -> CostRow {
        let Self { calls, unpriced, held, spent, tokens } = self;
        CostRow { key: String::new(), calls, unpriced_calls: unpriced, spent, held, tokens }
    }

    /// Of a single call; sums could end at the most.
    fn counted(&self) -> u64 {
        self.held.nanodollars() + self.spent.nanodollars()
    }

    fn parts(&self) -> [(&'static str, u64); 8] {
        [
            ("calls", self.calls),
            ("unpriced", self.unpriced),
            ("held", self.held.nanodollars()),
            ("spent", self.spent.nanodollars()),
            ("input", self.tokens.input),
            ("output", self.tokens.output),
            ("cache_read", self.tokens.cache_read),
            ("cache_write", self.tokens.cache_write),
        ]
    }
}

impl Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, some| {
            let mut tokens = sum.tokens;
            tokens += some.tokens;
            Self {
                calls: sum.calls.saturating_add(some.calls),
                unpriced: sum.unpriced.saturating_add(some.unpriced),
                held: sum.held + some.held,
                spent: sum.spent + some.spent,
                tokens,
            }
        })
    }
}

impl From<Sums> for JobCost {
    fn from(sums: Sums) -> Self {
        Self {
            spent: sums.spent,
            held: sums.held,
            calls: sums.calls,
            unpriced_calls: sums.unpriced,
            tokens: sums.tokens,
        }
    }
}
