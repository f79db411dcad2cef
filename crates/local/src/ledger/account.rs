//! What calls cost, as rows: one call, or the sums of all that count on an account.

use agent_runner_domain::{
    Money,
    ports::{JobCost, Tokens},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use crate::database::Batch;

/// The columns that [`of_row`] reads, of a call or of an account.
macro_rules! columns {
    () => {
        "unpriced, held, spent, input, output, cache_read, cache_write"
    };
}
pub(super) use columns;

const FIND: &str = concat!("SELECT ", columns!(), ", calls FROM accounts WHERE id = ?1");

/// From a row that begins with [`columns`]; `calls` is for the caller to say.
pub(super) fn of_row(row: &Row, calls: u64) -> rusqlite::Result<JobCost> {
    Ok(JobCost {
        calls,
        unpriced_calls: row.get(0)?,
        held: Money::from_nanodollars(row.get(1)?),
        spent: Money::from_nanodollars(row.get(2)?),
        tokens: Tokens {
            input: row.get(3)?,
            output: row.get(4)?,
            cache_read: row.get(5)?,
            cache_write: row.get(6)?,
        },
    })
}

/// Zeros for an account that has not begun.
pub(super) fn read(db: &Connection, account: &str) -> rusqlite::Result<JobCost> {
    find(db.prepare_cached(FIND)?, account)
}

/// [`read`] as the writer sees it.
pub(super) fn of_account(batch: &Batch, account: &str) -> rusqlite::Result<JobCost> {
    find(batch.sql(FIND)?, account)
}

fn find(mut find: CachedStatement<'_>, account: &str) -> rusqlite::Result<JobCost> {
    let found = find.query_row([account], |row| of_row(row, row.get(7)?)).optional()?;
    Ok(found.unwrap_or_default())
}

pub(super) fn write(sums: &JobCost, batch: &Batch, account: &str) -> rusqlite::Result<()> {
    batch
        .sql(
            "INSERT OR REPLACE INTO accounts \
             (id, calls, unpriced, held, spent, input, output, cache_read, cache_write) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            account,
            stored(sums.calls),
            stored(sums.unpriced_calls),
            sums.held.nanodollars(),
            sums.spent.nanodollars(),
            stored(sums.tokens.input),
            stored(sums.tokens.output),
            stored(sums.tokens.cache_read),
            stored(sums.tokens.cache_write),
        ])
        .map(drop)
}

/// The sums with `new` in the place of `old`, which is a part of them.
pub(super) fn replaced(sums: &JobCost, old: &JobCost, new: &JobCost) -> JobCost {
    let count = |all: u64, old: u64, new: u64| all.saturating_sub(old).saturating_add(new);
    let money = |all: Money, old: Money, new: Money| all.saturating_sub(old) + new;
    let (all, was, is) = (sums.tokens, old.tokens, new.tokens);
    JobCost {
        calls: count(sums.calls, old.calls, new.calls),
        unpriced_calls: count(sums.unpriced_calls, old.unpriced_calls, new.unpriced_calls),
        held: money(sums.held, old.held, new.held),
        spent: money(sums.spent, old.spent, new.spent),
        tokens: Tokens {
            input: count(all.input, was.input, is.input),
            output: count(all.output, was.output, is.output),
            cache_read: count(all.cache_read, was.cache_read, is.cache_read),
            cache_write: count(all.cache_write, was.cache_write, is.cache_write),
        },
    }
}

/// What a column can hold.
pub(super) fn stored(count: u64) -> u64 {
    count.min(i64::MAX.cast_unsigned())
}
