//! Events of the attempt under way.

use agent_runner_domain::{JobId, Lease, event::NewEvent, ports::Appended};
use rusqlite::OptionalExtension;

use super::row;
use crate::database::Batch;

/// A worker's events, written out on the caller's side.
pub(super) struct Appending {
    id: String,
    lease: String,
    first: u64,
    events: Vec<String>,
}

impl Appending {
    pub(super) fn new(id: JobId, lease: Lease, first: u64, events: &[NewEvent]) -> Self {
        Self { id: id.to_string(), lease: lease.reveal(), first, events: row::events_json(events) }
    }

    pub(super) fn append(&self, batch: &mut Batch) -> rusqlite::Result<Appended> {
        let held = batch
            .sql("SELECT n, events, appended FROM jobs WHERE id = ?1 AND lease = ?2")?
            .query_row((&self.id, &self.lease), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, u64>(1)?, row.get::<_, u64>(2)?))
            })
            .optional()?;
        let Some((n, stored, appended)) = held else {
            return Ok(Appended::LeaseLost);
        };
        let mut add = batch.sql("INSERT INTO events VALUES (?1, ?2, ?3)")?;
        let (mut seq, mut last) = (stored, appended);
        for (number, event) in (self.first..).zip(&self.events) {
            if number > appended {
                seq += 1;
                last = number;
                add.execute((n, seq, event))?;
            }
        }
        if seq > stored {
            batch
                .sql("UPDATE jobs SET events = ?2, appended = ?3 WHERE n = ?1")?
                .execute((n, seq, last))?;
        }
        Ok(Appended::Stored)
    }
}
