//! What is read from the book.

use super::Tokens;
use crate::{TenantId, Timestamp, money::Money};

/// What a job and all its descendants cost so far.
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
