//! The [`Ledger`] in SQLite: a row for every call, and the sums of every account, kept in the same transaction.
//!
//! Sums are made here and not by SQL: SQLite's integers become fractions where they overflow, ours end at the most.

mod account;
mod daily_limit;
mod report;
mod reserve;
mod settle;

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        AccountId, CallKey, Charge, CostQuery, CostRow, DaySpend, JobCost, Ledger, LedgerError,
        Reservation, Reserved,
    },
};
use async_trait::async_trait;
use rusqlite::Connection;

use self::{reserve::Reserving, settle::Settling};
use crate::database::{Batch, Database};

/// As many accounts are read on the caller's thread.
const FEW: usize = 64;

/// The ledger of a [`Database`].
#[derive(Clone)]
pub struct SqliteLedger {
    database: Database,
}

impl SqliteLedger {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl Ledger for SqliteLedger {
    async fn reserve(&self, reservation: Reservation) -> Result<Reserved, LedgerError> {
        let reserving = Reserving::from(reservation);
        Ok(self.database.write(move |batch| reserving.reserve(batch)).await?)
    }

    async fn settle(&self, key: CallKey, at: Timestamp, charge: Charge) -> Result<(), LedgerError> {
        let settling = Settling::new(key, at, charge);
        Ok(self.database.write(move |batch| settling.settle(batch)).await?)
    }

    async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError> {
        let ids: Vec<_> = jobs.iter().map(|job| AccountId::Job(*job).to_string()).collect();
        let few = ids.len() <= FEW;
        let work = move |db: &Connection| ids.iter().map(|id| account::read(db, id)).collect();
        Ok(if few { self.database.read_few(work).await? } else { self.database.read(work).await? })
    }

    async fn report(&self, query: &CostQuery) -> Result<Vec<CostRow>, LedgerError> {
        let query = query.clone();
        Ok(self.database.read(move |db| report::rows(db, &query)).await?)
    }

    async fn daily_limit(&self, tenant: &TenantId) -> Result<Option<Money>, LedgerError> {
        let tenant = tenant.clone();
        Ok(self.database.read_few(move |db| daily_limit::of(db, &tenant)).await?)
    }

    async fn set_daily_limit(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<(), LedgerError> {
        let tenant = tenant.clone();
        let work = move |batch: &mut Batch<'_>| daily_limit::set(batch, &tenant, limit);
        Ok(self.database.write(work).await?)
    }

    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError> {
        Ok(self.database.read(daily_limit::all).await?)
    }

    async fn day(&self, tenant: &TenantId, day: Day) -> Result<DaySpend, LedgerError> {
        let id = AccountId::TenantDay { tenant: tenant.clone(), day }.to_string();
        let sums = self.database.read_few(move |db| account::read(db, &id)).await?;
        Ok(DaySpend { spent: sums.spent, held: sums.held })
    }
}
