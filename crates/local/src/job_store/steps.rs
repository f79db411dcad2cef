//! What handlers have done already, by the names of their steps.

use agent_runner_domain::{JobId, Lease, RawJson, ports::Appended};
use rusqlite::{Connection, OptionalExtension, Row};

use super::row;
use crate::database::Batch;

/// A step of the attempt under way.
pub(super) struct Recording {
    id: String,
    lease: String,
    key: String,
    value: RawJson,
}

impl Recording {
    pub(super) fn new(id: JobId, lease: Lease, key: &str, value: RawJson) -> Self {
        Self { id: id.to_string(), lease: lease.reveal(), key: key.to_owned(), value }
    }

    /// The first value of a key stays, whichever attempt has recorded it.
    pub(super) fn record(&self, batch: &Batch) -> rusqlite::Result<Appended> {
        let held: Option<i64> = batch
            .sql("SELECT n FROM jobs WHERE id = ?1 AND lease = ?2")?
            .query_row((&self.id, &self.lease), |row| row.get(0))
            .optional()?;
        let Some(n) = held else {
            return Ok(Appended::LeaseLost);
        };
        batch
            .sql("INSERT INTO steps (job, key, json) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
            .execute((n, &self.key, self.value.get()))?;
        Ok(Appended::Stored)
    }
}

/// In the order in which they were recorded.
pub(super) fn of_job(db: &Connection, id: JobId) -> rusqlite::Result<Vec<(String, RawJson)>> {
    let mut find = db.prepare_cached(
        "SELECT key, json FROM steps WHERE job = (SELECT n FROM jobs WHERE id = ?1) ORDER BY n",
    )?;
    let step = |row: &Row| Ok((row.get(0)?, row::document(row, 1)?));
    find.query_map([id.to_string()], step)?.collect()
}
