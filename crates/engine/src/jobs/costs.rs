//! What jobs cost, and what tenants may spend.

use agent_runner_domain::{
    Day, JobId, Money, TenantId,
    ports::{CostQuery, CostRow, DaySpend, JobCost},
};

use super::Jobs;
use crate::EngineError;

/// What a tenant may spend a day, and what it has spent of that today (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DailyBudget {
    pub tenant: TenantId,
    /// `None`: as much as it likes.
    pub limit: Option<Money>,
    pub day: Day,
    pub today: DaySpend,
}

impl Jobs {
    /// What each job and all its descendants cost so far, in the given order; zeros for jobs without calls.
    /// For jobs that the caller was shown: it asks no tenant.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, EngineError> {
        Ok(self.engine.ports.ledger.costs(jobs).await?)
    }

    /// The calls of `query.tenant`, grouped.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn cost_report(&self, query: &CostQuery) -> Result<Vec<CostRow>, EngineError> {
        Ok(self.engine.ports.ledger.report(query).await?)
    }

    /// # Errors
    /// The ledger's.
    pub async fn daily_budget(&self, tenant: &TenantId) -> Result<DailyBudget, EngineError> {
        let limit = self.engine.ports.ledger.daily_limit(tenant).await?;
        self.budget_of(tenant.clone(), limit).await
    }

    /// Those of all tenants that have a limit, for the operator; sorted by tenant.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn daily_budgets(&self) -> Result<Vec<DailyBudget>, EngineError> {
        let mut budgets = Vec::new();
        for (tenant, limit) in self.engine.ports.ledger.daily_limits().await? {
            budgets.push(self.budget_of(tenant, Some(limit)).await?);
        }
        Ok(budgets)
    }

    /// In force from the next call on, for what was spent today too. `None` lifts the limit.
    ///
    /// # Errors
    /// The ledger's.
    pub async fn set_daily_budget(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<DailyBudget, EngineError> {
        self.engine.ports.ledger.set_daily_limit(tenant, limit).await?;
        self.budget_of(tenant.clone(), limit).await
    }

    async fn budget_of(
        &self,
        tenant: TenantId,
        limit: Option<Money>,
    ) -> Result<DailyBudget, EngineError> {
        let day = Day::of(self.engine.ports.clock.now());
        let today = self.engine.ports.ledger.day(&tenant, day).await?;
        Ok(DailyBudget { tenant, limit, day, today })
    }
}
