//! What is written into the book.

use std::{collections::BTreeMap, fmt, ops::AddAssign};

use serde::{Deserialize, Serialize};

use crate::{Day, JobId, TenantId, Timestamp, money::Money};

/// One model call of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallKey {
    pub job: JobId,
    pub attempt: u32,
    /// Counts the calls of the attempt, from 1.
    pub call: u32,
}

/// Where calls are summed. As text: `job_01JD3X…`, or `acme/2026-11-21` for a tenant's day; no two accounts have
/// the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountId {
    /// A job and all its descendants.
    Job(JobId),
    /// All that a tenant's jobs do in one day.
    TenantDay { tenant: TenantId, day: Day },
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(job) => job.fmt(f),
            Self::TenantDay { tenant, day } => write!(f, "{tenant}/{day}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    /// What may be spent and held in it together, as far as the caller knows: the budget of a job. The limit of a
    /// tenant's day is the ledger's own to look up.
    pub limit: Option<Money>,
}

/// A call that somebody is about to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    pub key: CallKey,
    /// When it is asked; reports sort the call into this day.
    pub at: Timestamp,
    /// All accounts that the call counts on, each once.
    pub accounts: Vec<Account>,
    /// The most that it can cost; `None`: the model has no price.
    pub most: Option<Money>,
    pub labels: CallLabels,
}

/// What reports group calls by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLabels {
    pub tenant: TenantId,
    pub job_type: String,
    /// Those of the job.
    pub tags: BTreeMap<String, String>,
    pub provider: String,
    /// The model that is asked for.
    pub model: String,
}

/// The answer to a [`Reservation`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reserved {
    /// Make the call, then settle it.
    Granted,
    /// Do not make the call: it could exceed a limit.
    Exceeded(Shortage),
    /// Do not make the call: this account has a limit, and the model has no price.
    NoPrice { account: AccountId },
}

/// Why a call has no room in an account. Its text is a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    pub account: AccountId,
    pub limit: Money,
    pub spent: Money,
    /// For calls under way, and for such whose outcome nobody knows.
    pub held: Money,
    /// The most that the call can cost.
    pub asked: Money,
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, limit, spent, held, asked } = self;
        match account {
            AccountId::Job(job) => write!(f, "the budget of {job} and all that belongs to it")?,
            AccountId::TenantDay { tenant, day } => {
                write!(f, "the budget of tenant {tenant} for {day} (UTC)")?;
            }
        }
        write!(f, " is {limit}: {spent} is spent, {held} is held for calls that have not ended, ")?;
        write!(f, "and the next call may cost {asked}")
    }
}

/// What a call did cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The model that answered, as the provider names it.
    pub model: String,
    /// `None`: unpriced. Nothing is spent then, and the call is counted as unpriced.
    pub cost: Option<Money>,
    pub tokens: Tokens,
}

/// As the provider counted them. Sums end at the largest number instead of wrapping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Neither read from a cache nor written to one.
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    pub cache_write: u64,
}

impl Tokens {
    /// More than any call can use, and a number that JSON carries exactly. The worker's link refuses larger
    /// ones, so that adapters can keep counts in signed 64 bits.
    pub const COUNT_MAX: u64 = 1 << 53;

    /// Whether no count is over [`Tokens::COUNT_MAX`].
    #[must_use]
    pub fn plausible(self) -> bool {
        let counts = [self.input, self.output, self.cache_read, self.cache_write];
        counts.into_iter().all(|count| count <= Self::COUNT_MAX)
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
    }
}
