//! The book that all processes share.

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        CallKey, Charge, CostQuery, CostRow, DaySpend, JobCost, Ledger, LedgerError, Reservation,
        Reserved,
    },
};
use agent_runner_testkit::MemoryLedger;
use async_trait::async_trait;

use super::Gate;

pub(crate) struct GatedLedger {
    gate: Gate,
    inner: MemoryLedger,
}

impl GatedLedger {
    pub(crate) fn new(gate: Gate) -> Self {
        let inner = gate.sim.world().money.clone();
        Self { gate, inner }
    }

    async fn call<T>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, LedgerError>>,
    ) -> Result<T, LedgerError> {
        self.gate.call(what, work).await.map_err(LedgerError)?
    }
}

#[async_trait]
impl Ledger for GatedLedger {
    async fn reserve(&self, reservation: Reservation) -> Result<Reserved, LedgerError> {
        let reserve = async {
            let reserved = self.inner.reserve(reservation.clone()).await?;
            self.gate.sim.world().reserved(&reservation, &reserved);
            Ok(reserved)
        };
        self.call("ledger.reserve", reserve).await
    }

    async fn settle(&self, key: CallKey, at: Timestamp, charge: Charge) -> Result<(), LedgerError> {
        let cost = charge.cost;
        let settle = async {
            self.inner.settle(key, at, charge).await?;
            self.gate.sim.world().settled(key, cost);
            Ok(())
        };
        self.call("ledger.settle", settle).await
    }

    async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError> {
        self.call("ledger.costs", self.inner.costs(jobs)).await
    }

    async fn report(&self, query: &CostQuery) -> Result<Vec<CostRow>, LedgerError> {
        self.call("ledger.report", self.inner.report(query)).await
    }

    async fn daily_limit(&self, tenant: &TenantId) -> Result<Option<Money>, LedgerError> {
        self.call("ledger.daily_limit", self.inner.daily_limit(tenant)).await
    }

    async fn set_daily_limit(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<(), LedgerError> {
        let set = async {
            self.inner.set_daily_limit(tenant, limit).await?;
            self.gate.sim.world().provider.set_day_limit(limit);
            Ok(())
        };
        self.call("ledger.set_daily_limit", set).await
    }

    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError> {
        self.call("ledger.daily_limits", self.inner.daily_limits()).await
    }

    async fn day(&self, tenant: &TenantId, day: Day) -> Result<DaySpend, LedgerError> {
        self.call("ledger.day", self.inner.day(tenant, day)).await
    }
}
