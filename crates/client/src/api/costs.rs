//! What things cost, and what they may.

use agent_runner_api_types::{BudgetView, CostReport, SetBudget, cost::BudgetList};
use agent_runner_domain::{Money, TenantId, Timestamp};
use reqwest::Method;

use super::{ANSWER_MAX, ApiError, Client, jobs::with_json};

/// What makes one row of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CostsBy {
    #[default]
    Day,
    JobType,
    Model,
    /// The value of the tag with this key.
    Tag(String),
    Tenant,
}

/// Which model calls to report. Empty fields do not restrict.
#[derive(Debug, Clone, Default)]
pub struct CostFilter {
    pub by: CostsBy,
    /// Made at or after this.
    pub since: Option<Timestamp>,
    /// Made before this.
    pub until: Option<Timestamp>,
}

impl Client {
    /// # Errors
    /// Any [`ApiError`].
    pub async fn costs(&self, filter: &CostFilter) -> Result<CostReport, ApiError> {
        self.json(self.get("costs", &filter.query())).await
    }

    /// What tenants may spend a day, and have spent today.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn budgets(&self) -> Result<Vec<BudgetView>, ApiError> {
        let list: BudgetList = self.json(self.get("budgets", &[])).await?;
        Ok(list.budgets)
    }

    /// Says what a tenant may spend a day; `None` lifts the limit.
    ///
    /// # Errors
    /// Any [`ApiError`].
    pub async fn set_budget(
        &self,
        tenant: &TenantId,
        usd_per_day: Option<Money>,
    ) -> Result<BudgetView, ApiError> {
        let request = self.request(Method::PUT, &format!("budgets/{tenant}"), &[]);
        self.json(with_json(request.timeout(ANSWER_MAX), &SetBudget { usd_per_day })).await
    }
}

impl CostFilter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let (by, tag) = match &self.by {
            CostsBy::Day => ("day", None),
            CostsBy::JobType => ("job_type", None),
            CostsBy::Model => ("model", None),
            CostsBy::Tag(key) => ("tag", Some(key.clone())),
            CostsBy::Tenant => ("tenant", None),
        };
        let given = [
            ("by", Some(by.to_owned())),
            ("tag", tag),
            ("since", self.since.map(|since| since.to_string())),
            ("until", self.until.map(|until| until.to_string())),
        ];
        given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
