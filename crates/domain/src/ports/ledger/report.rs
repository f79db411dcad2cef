//! What is read from the book.

use std::{iter::Sum, ops::AddAssign};

use super::{Charge, Tokens};
use crate::{TenantId, Timestamp, money::Money};

/// What calls cost so far: those of a job and all its descendants, those that count on another account, or a single
/// one. Sums end at the largest number instead of wrapping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCost {
    /// The charges of settled calls.
    pub spent: Money,
    /// Held by calls that are not settled. Once the jobs are final: calls whose outcome nobody knows.
    pub held: Money,
    /// Granted calls, settled or not.
    pub calls: u64,
    /// Those among them without a price: settled with `cost: None`, or not settled and held with `most: None`.
    pub unpriced_calls: u64,
    /// Of settled calls.
    pub tokens: Tokens,
}

impl JobCost {
    /// Of a call that is about to be made, and may cost so much; `None`: it has no price.
    #[must_use]
    pub fn reserved(most: Option<Money>) -> Self {
        let unpriced_calls = u64::from(most.is_none());
        Self { calls: 1, unpriced_calls, held: most.unwrap_or_default(), ..Self::default() }
    }

    /// Of a call that was made.
    #[must_use]
    pub fn charged(charge: &Charge) -> Self {
        Self {
            spent: charge.cost.unwrap_or_default(),
            held: Money::ZERO,
            calls: 1,
            unpriced_calls: u64::from(charge.cost.is_none()),
            tokens: charge.tokens,
        }
    }

    #[must_use]
    pub fn into_row(self, key: String) -> CostRow {
        let Self { spent, held, calls, unpriced_calls, tokens } = self;
        CostRow { key, calls, unpriced_calls, spent, held, tokens }
    }
}

impl AddAssign for JobCost {
    fn add_assign(&mut self, other: Self) {
        self.spent += other.spent;
        self.held += other.held;
        self.calls = self.calls.saturating_add(other.calls);
        self.unpriced_calls = self.unpriced_calls.saturating_add(other.unpriced_calls);
        self.tokens += other.tokens;
    }
}

impl Sum for JobCost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), |mut sum, cost| {
            sum += cost;
            sum
        })
    }
}

/// What the account of a tenant's day holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DaySpend {
    pub spent: Money,
    pub held: Money,
}

/// Which calls to report, and how. Empty fields do not restrict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostQuery {
    /// `None` only for the operator: every tenant.
    pub tenant: Option<TenantId>,
    /// Reserved at or after this.
    pub since: Option<Timestamp>,
    /// Reserved before this.
    pub until: Option<Timestamp>,
    pub by: CostGroup,
}

/// What makes one row of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CostGroup {
    /// The day (UTC) of the reservation: `2026-11-21`.
    Day,
    JobType,
    /// `provider/model`, by the model of the charge, or the one that was asked for while there is none.
    Model,
    /// The value of this tag; an empty key for calls of jobs that do not have it.
    Tag(String),
    Tenant,
}

/// The calls of one group. The numbers mean what they mean in [`JobCost`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CostRow {
    pub key: String,
    pub calls: u64,
    pub unpriced_calls: u64,
    pub spent: Money,
    pub held: Money,
    pub tokens: Tokens,
}
