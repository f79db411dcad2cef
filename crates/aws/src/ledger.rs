//! The [`Ledger`] in DynamoDB: an item for every call, one for every account with its sums, and one for every call
//! in the book of its day, all kept by the same transaction.
//!
//! | `pk` | `sk` | What |
//! |---|---|---|
//! | `ledger#call#<job>` | `<attempt>#<call>` | a granted call: its numbers, its accounts, its place in the book |
//! | `ledger#account#<id>` | `sums`, `sums#<shard>` | what a job and its descendants, or a tenant's day, hold |
//! | `ledger#book#<day>#<shard>#<tenant>` | `<time>#<job>#<attempt>#<call>` | a call as reports see it |
//! | `ledger#days` | `<day>#<tenant>` | which books there are |
//! | `ledger#limits` | `<tenant>` | what a tenant may spend a day |
//!
//! Amounts are DynamoDB's numbers of 38 digits, so sums neither overflow nor lose anything; they end at the most
//! when they are read. An account also has `counted`, what is spent and held together, because conditions cannot add.
//!
//! Where transactions meet on an item, DynamoDB cancels all but one of them, and the others begin again. The account
//! of a family, or of a day with a limit, is one item and takes some tens of calls a second: a family of a thousand
//! jobs feels that.

mod book;
mod daily_limit;
mod judged;
mod keys;
mod report;
mod reserve;
mod settle;
mod sums;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        AccountId, CallKey, Charge, CostQuery, CostRow, DaySpend, JobCost, Ledger, LedgerError,
        Reservation, Reserved,
    },
};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;

use self::book::Days;
use crate::{
    fault::{Fault, Trouble},
    table::{Action, Table, Transacted, Walk},
};

/// How long a transaction is begun again that meets others on a busy account, beside the table's own tries.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// The ledger of an installation's table.
#[derive(Debug)]
pub struct DynamoLedger {
    table: Table,
    days: Days,
}

impl DynamoLedger {
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { table: Table { client, name: table }, days: Days::default() }
    }

    /// All or nothing. Calls of one family and tenant meet on the same accounts, so that patience is worth it.
    async fn transact(&self, actions: &[Action]) -> Result<Transacted, Fault> {
        let give_up_at = Instant::now() + PATIENCE;
        loop {
            match self.table.transact(actions).await {
                Err(fault)
                    if fault.trouble == Trouble::Throttled && Instant::now() < give_up_at =>
                {
                    tokio::time::sleep(PAUSE_MAX.mul_f64(fastrand::f64())).await;
                }
                done => return done,
            }
        }
    }
}

#[async_trait]
impl Ledger for DynamoLedger {
    async fn reserve(&self, reservation: Reservation) -> Result<Reserved, LedgerError> {
        Ok(self.reserve_call(&reservation).await?)
    }

    async fn settle(&self, key: CallKey, at: Timestamp, charge: Charge) -> Result<(), LedgerError> {
        Ok(self.settle_call(key, at, &charge).await?)
    }

    async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError> {
        let key = |job: &JobId| keys::account(&AccountId::Job(*job));
        let found = self.table.get_many(jobs.iter().map(key), &[]).await?;
        let cost = |job| found.get(&key(job)).map(sums::read);
        Ok(jobs.iter().map(|job| cost(job).unwrap_or_default()).collect())
    }

    async fn report(&self, query: &CostQuery) -> Result<Vec<CostRow>, LedgerError> {
        Ok(self.rows(query).await?)
    }

    async fn daily_limit(&self, tenant: &TenantId) -> Result<Option<Money>, LedgerError> {
        Ok(daily_limit::of(&self.table, tenant).await?)
    }

    async fn set_daily_limit(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<(), LedgerError> {
        Ok(daily_limit::set(&self.table, tenant, limit).await?)
    }

    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError> {
        Ok(daily_limit::all(&self.table).await?)
    }

    async fn day(&self, tenant: &TenantId, day: Day) -> Result<DaySpend, LedgerError> {
        let account = keys::account(&AccountId::TenantDay { tenant: tenant.clone(), day });
        let found = self.table.query(all_of(&account.pk)).await?;
        let JobCost { spent, held, .. } = found.iter().map(sums::read).sum();
        Ok(DaySpend { spent, held })
    }
}

/// Every item under a key.
fn all_of(hash: &str) -> Walk {
    Walk { index: None, hash: hash.to_owned(), range: None, newest_first: false, limit: usize::MAX }
}

/// Whatever AWS says no to, the caller did nothing wrong.
impl From<Fault> for LedgerError {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}
