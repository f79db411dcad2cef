//! The [`Ledger`] in DynamoDB: an item for every call, one for every account with its sums, and one for every call
//! in the book of its day, all kept by the same transaction.
//!
//! | `pk` | `sk` | What |
//! |---|---|---|
//! | `ledger#call#<job>` | `<attempt>#<call>` | a granted call: its numbers, its accounts, its place in the book |
//! | `ledger#account#<id>` | `sums` | what a job and its descendants, or a tenant's day, hold |
//! | `ledger#book#<day>#<shard>#<tenant>` | `<time>#<job>#<attempt>#<call>` | a call as reports see it |
//! | `ledger#days` | `<day>#<tenant>` | which books there are |
//! | `ledger#limits` | `<tenant>` | what a tenant may spend a day |
//!
//! Amounts are DynamoDB's numbers of 38 digits, so sums neither overflow nor lose anything; they end at the most
//! when they are read. Where transactions meet on an account, DynamoDB cancels one, which is begun again; an account
//! takes some tens of them a second, so that a family or tenant of a thousand jobs feels it. An account also has `counted`, what is spent and held together, because conditions cannot add.

mod book;
mod daily_limit;
mod keys;
mod report;
mod reserve;
mod settle;
mod sums;
#[cfg(test)]
mod tests;

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        AccountId, CallKey, Charge, CostQuery, CostRow, DaySpend, JobCost, Ledger, LedgerError,
        Reservation, Reserved,
    },
};
use async_trait::async_trait;
use aws_sdk_dynamodb::Client;

use self::{book::Days, sums::Sums};
use crate::{
    fault::{Fault, Trouble},
    table::{Action, Table, Transacted},
};

/// How often a transaction is begun again that met others on a busy account, beside the table's own tries.
const ROUNDS_MAX: u32 = 4;

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

    async fn account(&self, id: &AccountId) -> Result<Sums, Fault> {
        let found = self.table.get(&keys::account(id), &[]).await?;
        Ok(found.map(|item| Sums::read(&item)).unwrap_or_default())
    }

    /// All or nothing. Calls of one family and tenant meet on the same accounts, so that patience is worth it.
    async fn transact(&self, actions: &[Action]) -> Result<Transacted, Fault> {
        let mut round = 1;
        loop {
            match self.table.transact(actions).await {
                Err(fault) if fault.trouble == Trouble::Throttled && round < ROUNDS_MAX => {
                    round += 1;
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
        let cost = |job| found.get(&key(job)).map(|item| Sums::read(item).into());
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
        let sums = self.account(&AccountId::TenantDay { tenant: tenant.clone(), day }).await?;
        Ok(DaySpend { spent: sums.spent, held: sums.held })
    }
}

/// Whatever AWS says no to, the caller did nothing wrong.
impl From<Fault> for LedgerError {
    fn from(fault: Fault) -> Self {
        Self(fault.to_string())
    }
}
