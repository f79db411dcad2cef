//! Numbers of calls: of one, or of all that count on an account.

use agent_runner_domain::{
    Money,
    ports::{JobCost, Tokens},
};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};

use crate::database::Batch;

/// The columns that [`Sums::of_row`] reads, of a call or of an account.
macro_rules! columns {
    () => {
        "unpriced, held, spent, input, output, cache_read, cache_write"
    };
}
pub(super) use columns;

const FIND: &str = concat!("SELECT ", columns!(), ", calls FROM accounts WHERE id = ?1");

/// What is counted, with the names of the columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) calls: u64,
    pub(super) unpriced: u64,
    pub(super) held: Money,
    pub(super) spent: Money,
    pub(super) tokens: Tokens,
}

impl Sums {
    /// From a row that begins with [`columns`]; `calls` is for the caller to say.
    pub(super) fn of_row(row: &Row, calls: u64) -> rusqlite::Result<Self> {
        Ok(Self {
            calls,
            unpriced: row.get(0)?,
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
    pub(super) fn read(db: &Connection, account: &str) -> rusqlite::Result<Self> {
        Self::find(db.prepare_cached(FIND)?, account)
    }

    /// [`Sums::read`] as the writer sees it.
    pub(super) fn of_account(batch: &Batch, account: &str) -> rusqlite::Result<Self> {
        Self::find(batch.sql(FIND)?, account)
    }

    fn find(mut find: CachedStatement<'_>, account: &str) -> rusqlite::Result<Self> {
        let found = find.query_row([account], |row| Self::of_row(row, row.get(7)?)).optional()?;
        Ok(found.unwrap_or_default())
    }

    pub(super) fn write(&self, batch: &Batch, account: &str) -> rusqlite::Result<()> {
        batch
            .sql(
                "INSERT OR REPLACE INTO accounts \
                 (id, calls, unpriced, held, spent, input, output, cache_read, cache_write) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                account,
                stored(self.calls),
                stored(self.unpriced),
                self.held.nanodollars(),
                self.spent.nanodollars(),
                stored(self.tokens.input),
                stored(self.tokens.output),
                stored(self.tokens.cache_read),
                stored(self.tokens.cache_write),
            ])
            .map(drop)
    }

    /// With `new` in the place of `old`, of which it is a part.
    pub(super) fn replacing(self, old: &Self, new: &Self) -> Self {
        let count = |all: u64, old: u64, new: u64| all.saturating_sub(old).saturating_add(new);
        let money = |all: Money, old: Money, new: Money| all.saturating_sub(old) + new;
        let (all, was, is) = (self.tokens, old.tokens, new.tokens);
        Self {
            calls: count(self.calls, old.calls, new.calls),
            unpriced: count(self.unpriced, old.unpriced, new.unpriced),
            held: money(self.held, old.held, new.held),
            spent: money(self.spent, old.spent, new.spent),
            tokens: Tokens {
                input: count(all.input, was.input, is.input),
                output: count(all.output, was.output, is.output),
                cache_read: count(all.cache_read, was.cache_read, is.cache_read),
                cache_write: count(all.cache_write, was.cache_write, is.cache_write),
            },
        }
    }
}

/// What a column can hold.
pub(super) fn stored(count: u64) -> u64 {
    count.min(i64::MAX.cast_unsigned())
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
