//! What tenants may spend a day.

use agent_runner_domain::{Money, TenantId};

use super::keys;
use crate::{
    fault::Fault,
    table::{Item, SK, Table, number, read_number, read_text},
};

const MOST: &str = "most";

pub(super) async fn of(table: &Table, tenant: &TenantId) -> Result<Option<Money>, Fault> {
    let found = table.get(&keys::daily_limit(tenant), &[]).await?;
    Ok(found.and_then(|item| most(&item)))
}

/// A lifted limit leaves an item that says nothing.
pub(super) async fn set(
    table: &Table,
    tenant: &TenantId,
    limit: Option<Money>,
) -> Result<(), Fault> {
    let mut item = keys::daily_limit(tenant).item();
    item.extend(limit.map(|limit| (MOST.to_owned(), number(limit.nanodollars()))));
    table.put(item).await
}

/// Sorted by tenant, as the table sorts its keys.
pub(super) async fn all(table: &Table) -> Result<Vec<(TenantId, Money)>, Fault> {
    let found = table.query(super::all_of(keys::LIMITS)).await?;
    let limit = |item: &Item| Some((read_text(item, SK)?.parse().ok()?, most(item)?));
    Ok(found.iter().filter_map(limit).collect())
}

fn most(item: &Item) -> Option<Money> {
    read_number(item, MOST).map(Money::from_nanodollars)
}
