//! What calls cost, as items: one call, or the sums of all that count on an account.

use agent_runner_domain::{
    Money,
    ports::{JobCost, Tokens},
};

use crate::table::{Expression, Item, number, read_number};

/// Of an account: what is spent and held together.
pub(super) const COUNTED: &str = "counted";

/// What is missing is zero; what is larger than a number here is the largest.
pub(super) fn read(item: &Item) -> JobCost {
    let count = |name| {
        let exact: i128 = read_number(item, name).unwrap_or_default();
        u64::try_from(exact.max(0)).unwrap_or(u64::MAX)
    };
    JobCost {
        calls: count("calls"),
        unpriced_calls: count("unpriced"),
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
pub(super) fn write(cost: &JobCost, item: &mut Item) {
    item.extend(parts(cost).map(|(name, value)| (name.to_owned(), number(value))));
}

/// Into an item that is there.
pub(super) fn set(cost: &JobCost, change: Expression) -> Expression {
    parts(cost).into_iter().fold(change, |change, (name, value)| change.set(name, number(value)))
}

/// Puts what a call costs in the place of `old` in an account's sums. `None`: that changes nothing.
pub(super) fn replace(old: &JobCost, new: &JobCost) -> Option<Expression> {
    let exact = i128::from;
    let grown = parts(new).into_iter().zip(parts(old));
    let grown = grown.map(|((name, new), (_, old))| (name, exact(new) - exact(old)));
    let more = exact(counted(new)) - exact(counted(old));
    let all = grown.chain([(COUNTED, more)]).filter(|(_, by)| *by != 0);
    all.fold(None, |change: Option<Expression>, (name, by)| {
        Some(change.unwrap_or_default().count(name, number(by)))
    })
}

/// Of a single call; sums could end at the most.
fn counted(call: &JobCost) -> u64 {
    call.held.nanodollars() + call.spent.nanodollars()
}

/// Each number with the attribute that holds it.
fn parts(cost: &JobCost) -> [(&'static str, u64); 8] {
    [
        ("calls", cost.calls),
        ("unpriced", cost.unpriced_calls),
        ("held", cost.held.nanodollars()),
        ("spent", cost.spent.nanodollars()),
        ("input", cost.tokens.input),
        ("output", cost.tokens.output),
        ("cache_read", cost.tokens.cache_read),
        ("cache_write", cost.tokens.cache_write),
    ]
}
