//! Who spent what, and whether more may be spent.

mod model;
mod report;

use async_trait::async_trait;

pub use self::{
    model::{
        Account, AccountId, CallKey, CallLabels, Charge, Reservation, Reserved, Shortage, Tokens,
    },
    report::{CostGroup, CostQuery, CostRow, DaySpend, JobCost},
};
use crate::{Day, JobId, TenantId, Timestamp, money::Money};

/// It is not known whether the call took effect; repeating it is safe.
#[derive(Debug, thiserror::Error)]
#[error("the ledger is unavailable: {0}")]
pub struct LedgerError(pub String);

/// The book of all model calls. Pure accounting: it knows neither leases nor the states of jobs; whoever calls
/// has checked who may spend.
///
/// Before a call is made, the most that it can cost is *held* in every account that it counts on; after it, what
/// it did cost is *spent* there instead. A call whose end nobody told (its worker died in it) stays held for ever
/// and counts against every limit, so that no crash lets spend exceed a budget. Nobody has to clean up.
///
/// An account begins empty with the first call that counts on it. All writes that returned `Ok` survive a crash,
/// and reads see every write that has returned. Every method may be called from several orchestrators at once.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Holds the most that a call can cost in all accounts of the reservation, or in none.
    ///
    /// The accounts are judged in the given order, and the first one that has no room is the answer. An account has
    /// a limit when [`Account::limit`] says so; that of an [`AccountId::TenantDay`] is the tenant's daily limit as
    /// [`Ledger::set_daily_limit`] left it (of the two, where both are set, the smaller). Then
    /// - `most: None` is refused with [`Reserved::NoPrice`], because what has no price cannot be held;
    /// - `most` over `limit − (spent + held)` (nothing, where that is negative) is refused with
    ///   [`Reserved::Exceeded`]. So a call that costs nothing always has room, and what fits exactly is granted.
    ///
    /// Without any limit the call is granted whatever it costs; `most: None` holds nothing. All this is one step:
    /// whatever races for an account, granted reservations never exceed its limit.
    ///
    /// A key that was granted is answered [`Reserved::Granted`] again, settled or not, and nothing changes, not even
    /// when the rest of the reservation differs. A refusal leaves no trace; the same key may be asked again.
    async fn reserve(&self, reservation: Reservation) -> Result<Reserved, LedgerError>;

    /// Replaces what is held for the call, or an earlier settlement of it, by the charge, in all accounts that it
    /// was reserved in (also when their day is over). The cost is booked in full, though it be more than was held
    /// or leave more spent than the limit. Settling twice is like settling once; the last charge stays.
    /// A key that was never granted is `Ok`, and nothing changes. `at` is when the charge became known.
    async fn settle(&self, key: CallKey, at: Timestamp, charge: Charge) -> Result<(), LedgerError>;

    /// What the accounts of these jobs hold, in the given order: a job's own calls and those of all its
    /// descendants. Zeros for a job that made no call or does not exist.
    async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError>;

    /// All granted calls that `query` picks, each counted once, grouped; sorted by [`CostRow::key`] (as bytes).
    /// Groups without calls have no row.
    async fn report(&self, query: &CostQuery) -> Result<Vec<CostRow>, LedgerError>;

    /// What the tenant may spend a day; `None`: as much as it likes.
    async fn daily_limit(&self, tenant: &TenantId) -> Result<Option<Money>, LedgerError>;

    /// In force from the next [`Ledger::reserve`] on, today's spend included. `None` lifts the limit.
    async fn set_daily_limit(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<(), LedgerError>;

    /// Every limit that is set, sorted by tenant.
    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError>;

    /// What the account of the tenant's day holds. Zeros when there is none.
    async fn day(&self, tenant: &TenantId, day: Day) -> Result<DaySpend, LedgerError>;
}
