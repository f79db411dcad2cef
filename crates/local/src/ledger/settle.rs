//! Booking what a call did cost.

use agent_runner_domain::{
    Money, Timestamp,
    ports::{CallKey, Charge, Tokens},
};
use rusqlite::{OptionalExtension, Row, params};

use super::account::{Sums, columns, stored};
use crate::database::Batch;

/// A settlement, written out on the caller's side.
pub(super) struct Settling {
    job: String,
    key: CallKey,
    at: Timestamp,
    model: String,
    call: Sums,
}

/// The row of a granted call.
struct Granted {
    n: i64,
    accounts: String,
    call: Sums,
}

impl Settling {
    pub(super) fn new(key: CallKey, at: Timestamp, charge: Charge) -> Self {
        let Charge { model, cost, tokens } = charge;
        let call = Sums {
            calls: 1,
            unpriced: u64::from(cost.is_none()),
            held: Money::ZERO,
            spent: cost.unwrap_or(Money::ZERO),
            tokens: Tokens {
                input: stored(tokens.input),
                output: stored(tokens.output),
                cache_read: stored(tokens.cache_read),
                cache_write: stored(tokens.cache_write),
            },
        };
        Self { job: key.job.to_string(), key, at, model, call }
    }

    pub(super) fn settle(&self, batch: &Batch) -> rusqlite::Result<()> {
        let Some(granted) = self.granted(batch)? else {
            return Ok(());
        };
        for account in granted.accounts.split(' ').filter(|account| !account.is_empty()) {
            let sums = Sums::of_account(batch, account)?;
            sums.replacing(&granted.call, &self.call).write(batch, account)?;
        }
        self.update(batch, granted.n)
    }

    fn granted(&self, batch: &Batch) -> rusqlite::Result<Option<Granted>> {
        let sql = concat!(
            "SELECT ",
            columns!(),
            ", n, accounts FROM calls WHERE job = ?1 AND attempt = ?2 AND call = ?3"
        );
        let read = |row: &Row| {
            Ok(Granted { call: Sums::of_row(row, 1)?, n: row.get(7)?, accounts: row.get(8)? })
        };
        let key = (&self.job, self.key.attempt, self.key.call);
        batch.sql(sql)?.query_row(key, read).optional()
    }

    fn update(&self, batch: &Batch, n: i64) -> rusqlite::Result<()> {
        let Sums { unpriced, held, spent, tokens, .. } = self.call;
        batch
            .sql(
                "UPDATE calls SET settled_at = ?2, model = ?3, unpriced = ?4, held = ?5, spent = ?6, \
                 input = ?7, output = ?8, cache_read = ?9, cache_write = ?10 WHERE n = ?1",
            )?
            .execute(params![
                n,
                self.at.as_millis(),
                self.model,
                unpriced,
                held.nanodollars(),
                spent.nanodollars(),
                tokens.input,
                tokens.output,
                tokens.cache_read,
                tokens.cache_write,
            ])
            .map(drop)
    }
}
