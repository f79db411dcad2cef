//! What tenants may spend a day.

use agent_runner_domain::{Money, TenantId};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use crate::{database::Batch, job_store::row};

const FIND: &str = "SELECT most FROM daily_limits WHERE tenant = ?1";

pub(super) fn of(db: &Connection, tenant: &TenantId) -> rusqlite::Result<Option<Money>> {
    find(db.prepare_cached(FIND)?, tenant)
}

/// [`of`] as the writer sees it.
pub(super) fn in_force(batch: &Batch, tenant: &TenantId) -> rusqlite::Result<Option<Money>> {
    find(batch.sql(FIND)?, tenant)
}

fn find(mut find: CachedStatement<'_>, tenant: &TenantId) -> rusqlite::Result<Option<Money>> {
    let nanodollars: Option<u64> =
        find.query_row([tenant.as_str()], |row| row.get(0)).optional()?;
    Ok(nanodollars.map(Money::from_nanodollars))
}

pub(super) fn set(batch: &Batch, tenant: &TenantId, limit: Option<Money>) -> rusqlite::Result<()> {
    let tenant = tenant.as_str();
    match limit {
        Some(limit) => batch
            .sql("INSERT OR REPLACE INTO daily_limits VALUES (?1, ?2)")?
            .execute((tenant, limit.nanodollars()))?,
        None => batch.sql("DELETE FROM daily_limits WHERE tenant = ?1")?.execute([tenant])?,
    };
    Ok(())
}

/// Sorted by tenant.
pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<(TenantId, Money)>> {
    let mut find = db.prepare_cached("SELECT tenant, most FROM daily_limits ORDER BY tenant")?;
    let limit = |row: &Row| Ok((row::text(row, 0)?, Money::from_nanodollars(row.get(1)?)));
    find.query_map([], limit)?.collect()
}
