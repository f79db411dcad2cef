//! Everything that is read, but for lists.

use agent_runner_domain::{
    JobId, RawJson, Timestamp,
    event::StoredEvent,
    job::Job,
    ports::{Count, Versioned},
};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::row::{self, bounded, select_jobs};
use crate::database::status_of;

pub(super) fn job(db: &Connection, id: JobId) -> Result<Option<Versioned<Job>>> {
    let mut find = db.prepare_cached(select_jobs!("WHERE j.id = ?1"))?;
    find.query_row([id.to_string()], row::job).optional()
}

pub(super) fn due(db: &Connection, now: Timestamp, limit: usize) -> Result<Vec<Versioned<Job>>> {
    let sql = select_jobs!("WHERE j.wake_at <= ?1 ORDER BY j.wake_at, j.n LIMIT ?2");
    let mut find = db.prepare_cached(sql)?;
    find.query_map((now.as_millis(), bounded(limit)), row::job)?.collect()
}

pub(super) fn next_due(db: &Connection) -> Result<Option<Timestamp>> {
    let mut find = db.prepare_cached("SELECT min(wake_at) FROM jobs WHERE wake_at IS NOT NULL")?;
    let millis: Option<i64> = find.query_row([], |row| row.get(0))?;
    Ok(millis.map(Timestamp::from_millis))
}

pub(super) fn payload(db: &Connection, id: JobId) -> Result<Option<RawJson>> {
    let sql = "SELECT json FROM payloads WHERE job = (SELECT n FROM jobs WHERE id = ?1)";
    document(db, sql, id)
}

pub(super) fn result(db: &Connection, id: JobId) -> Result<Option<RawJson>> {
    let sql = "SELECT json FROM results WHERE job = (SELECT n FROM jobs WHERE id = ?1)";
    document(db, sql, id)
}

fn document(db: &Connection, sql: &str, id: JobId) -> Result<Option<RawJson>> {
    let mut find = db.prepare_cached(sql)?;
    let read = |row: &Row| row::document(row, 0);
    find.query_row([id.to_string()], read).optional()
}

pub(super) fn counts(db: &Connection) -> Result<Vec<Count>> {
    let mut find = db.prepare_cached(
        "SELECT t.name, y.name, c.status, c.jobs FROM counts AS c \
         JOIN tenants AS t ON t.n = c.tenant JOIN job_types AS y ON y.n = c.job_type WHERE c.jobs > 0",
    )?;
    find.query_map([], count)?.collect()
}

fn count(row: &Row) -> Result<Count> {
    let code: i64 = row.get(2)?;
    Ok(Count {
        tenant: row::text(row, 0)?,
        job_type: row.get(1)?,
        status: status_of(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(2, code))?,
        jobs: row.get(3)?,
    })
}

pub(super) fn dependents(
    db: &Connection,
    id: JobId,
    after: Option<JobId>,
    limit: usize,
) -> Result<Vec<JobId>> {
    let mut find = db.prepare_cached(
        "SELECT dependent FROM dependents \
         WHERE job = (SELECT n FROM jobs WHERE id = ?1) AND dependent > ?2 ORDER BY dependent LIMIT ?3",
    )?;
    // Ids sort as their texts do, and the empty text is before all of them.
    let after = after.map_or_else(String::new, |after| after.to_string());
    let rows = find.query_map((id.to_string(), after, bounded(limit)), |row| row::text(row, 0))?;
    rows.collect()
}

pub(super) fn events(
    db: &Connection,
    id: JobId,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>> {
    let mut find = db.prepare_cached(
        "SELECT seq, json FROM events \
         WHERE job = (SELECT n FROM jobs WHERE id = ?1) AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let event = |row: &Row| Ok(StoredEvent { seq: row.get(0)?, event: row::parsed(row, 1)? });
    find.query_map((id.to_string(), after, bounded(limit)), event)?.collect()
}

/// Whether the tables can be read at all.
pub(super) fn check(db: &Connection) -> Result<()> {
    let mut find = db.prepare_cached("SELECT n FROM jobs ORDER BY n DESC LIMIT 1")?;
    let newest: Result<Option<i64>> = find.query_row([], |row| row.get(0)).optional();
    newest.map(drop)
}
