//! Booking what a call did cost.

use agent_runner_domain::{
    Timestamp,
    ports::{CallKey, Charge, JobCost, Tokens},
};
use rusqlite::{OptionalExtension, Row, params};

use super::account::{self, columns, stored};
use crate::database::Batch;

/// A settlement, written out on the caller's side.
pub(super) struct Settling {
    job: String,
    key: CallKey,
    at: Timestamp,
    model: String,
    call: JobCost,
}

/// The row of a granted call.
struct Granted {
    n: i64,
    accounts: String,
    call: JobCost,
}

impl Settling {
    pub(super) fn new(key: CallKey, at: Timestamp, charge: Charge) -> Self {
        let Tokens { input, output, cache_read, cache_write } = charge.tokens;
        let tokens = Tokens {
            input: stored(input),
            output: stored(output),
            cache_read: stored(cache_read),
            cache_write: stored(cache_write),
        };
        let call = JobCost { tokens, ..JobCost::charged(&charge) };
        Self { job: key.job.to_string(), key, at, model: charge.model, call }
    }

    pub(super) fn settle(&self, batch: &Batch) -> rusqlite::Result<()> {
        let Some(granted) = self.granted(batch)? else {
            return Ok(());
        };
        for account in granted.accounts.split(' ').filter(|account| !account.is_empty()) {
            let sums = account::of_account(batch, account)?;
            let sums = account::replaced(&sums, &granted.call, &self.call);
            account::write(&sums, batch, account)?;
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
            Ok(Granted { call: account::of_row(row, 1)?, n: row.get(7)?, accounts: row.get(8)? })
        };
        let key = (&self.job, self.key.attempt, self.key.call);
        batch.sql(sql)?.query_row(key, read).optional()
    }

    fn update(&self, batch: &Batch, n: i64) -> rusqlite::Result<()> {
        let JobCost { unpriced_calls, held, spent, tokens, .. } = self.call;
        batch
            .sql(
                "UPDATE calls SET settled_at = ?2, model = ?3, unpriced = ?4, held = ?5, spent = ?6, \
                 input = ?7, output = ?8, cache_read = ?9, cache_write = ?10 WHERE n = ?1",
            )?
            .execute(params![
                n,
                self.at.as_millis(),
                self.model,
                unpriced_calls,
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
