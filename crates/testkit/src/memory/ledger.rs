//! A [`Ledger`] in maps.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    mutant::{self, Mutant},
    ports::{
        Account, AccountId, CallKey, Charge, CostGroup, CostQuery, CostRow, DaySpend, JobCost,
        Ledger, LedgerError, Reservation, Reserved, Shortage,
    },
};
use async_trait::async_trait;

/// Money in memory. Clones share it; nothing waits, so it runs on any executor.
#[derive(Debug, Clone, Default)]
pub struct MemoryLedger(Arc<Mutex<Book>>);

/// A granted call, and its charge once it is settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub reservation: Reservation,
    pub charge: Option<Charge>,
}

#[derive(Debug, Default)]
struct Book {
    calls: BTreeMap<CallKey, Call>,
    daily_limits: BTreeMap<TenantId, Money>,
}

impl MemoryLedger {
    /// Every granted call, by its key.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<CallKey, Call> {
        self.lock().calls.clone()
    }

    /// What an account holds now.
    #[must_use]
    pub fn sum(&self, account: &AccountId) -> JobCost {
        self.lock().sum(account)
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    fn cost(&self) -> JobCost {
        let reserved = JobCost::reserved(self.reservation.most);
        let mut cost = self.charge.as_ref().map_or(reserved, JobCost::charged);
        if mutant::active(Mutant::SettledStaysHeld) {
            cost.held = reserved.held;
        }
        cost
    }

    fn counts_on(&self, account: &AccountId) -> bool {
        self.reservation.accounts.iter().any(|counted| counted.id == *account)
    }

    fn passes(&self, query: &CostQuery) -> bool {
        let Reservation { at, labels, .. } = &self.reservation;
        query.tenant.as_ref().is_none_or(|tenant| *tenant == labels.tenant)
            && query.since.is_none_or(|since| *at >= since)
            && query.until.is_none_or(|until| *at < until)
    }

    fn group(&self, by: &CostGroup) -> String {
        let Reservation { at, labels, .. } = &self.reservation;
        match by {
            CostGroup::Day => Day::of(*at).to_string(),
            CostGroup::JobType => labels.job_type.clone(),
            CostGroup::Model => {
                let model = self.charge.as_ref().map_or(&labels.model, |charge| &charge.model);
                format!("{}/{model}", labels.provider)
            }
            CostGroup::Tag(tag) => labels.tags.get(tag).cloned().unwrap_or_default(),
            CostGroup::Tenant => labels.tenant.to_string(),
        }
    }
}

impl Book {
    fn sum(&self, account: &AccountId) -> JobCost {
        self.calls.values().filter(|call| call.counts_on(account)).map(Call::cost).sum()
    }

    fn limit(&self, account: &Account) -> Option<Money> {
        let daily = match &account.id {
            AccountId::Job(_) => None,
            AccountId::TenantDay { tenant, .. } => self.daily_limits.get(tenant).copied(),
        };
        daily.into_iter().chain(account.limit).min()
    }

    /// Why the call has no room in the account.
    fn refusal(&self, account: &Account, most: Option<Money>) -> Option<Reserved> {
        let limit = self.limit(account)?;
        let account = account.id.clone();
        let Some(asked) = most else {
            return Some(Reserved::NoPrice { account });
        };
        let JobCost { spent, held, .. } = self.sum(&account);
        let counted = if mutant::active(Mutant::HeldIgnored) { spent } else { spent + held };
        let room = limit.saturating_sub(counted);
        let shortage = Shortage { account, limit, spent, held, asked };
        (asked > room).then_some(Reserved::Exceeded(shortage))
    }

    fn reserve(&mut self, reservation: Reservation) -> Reserved {
        let known = self.calls.contains_key(&reservation.key);
        if known && !mutant::active(Mutant::ReservationRepeated) {
            return Reserved::Granted;
        }
        let accounts = &reservation.accounts;
        let refusal = accounts.iter().find_map(|account| self.refusal(account, reservation.most));
        refusal.unwrap_or_else(|| {
            self.calls.insert(reservation.key, Call { reservation, charge: None });
            Reserved::Granted
        })
    }

    fn report(&self, query: &CostQuery) -> Vec<CostRow> {
        let mut groups: BTreeMap<String, JobCost> = BTreeMap::new();
        for call in self.calls.values().filter(|call| call.passes(query)) {
            *groups.entry(call.group(&query.by)).or_default() += call.cost();
        }
        groups.into_iter().map(|(key, cost)| cost.into_row(key)).collect()
    }
}

#[async_trait]
impl Ledger for MemoryLedger {
    async fn reserve(&self, reservation: Reservation) -> Result<Reserved, LedgerError> {
        Ok(self.lock().reserve(reservation))
    }

    async fn settle(&self, key: CallKey, _: Timestamp, charge: Charge) -> Result<(), LedgerError> {
        if let Some(call) = self.lock().calls.get_mut(&key) {
            call.charge = Some(charge);
        }
        Ok(())
    }

    async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError> {
        let book = self.lock();
        Ok(jobs.iter().map(|job| book.sum(&AccountId::Job(*job))).collect())
    }

    async fn report(&self, query: &CostQuery) -> Result<Vec<CostRow>, LedgerError> {
        Ok(self.lock().report(query))
    }

    async fn daily_limit(&self, tenant: &TenantId) -> Result<Option<Money>, LedgerError> {
        Ok(self.lock().daily_limits.get(tenant).copied())
    }

    async fn set_daily_limit(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<(), LedgerError> {
        let limits = &mut self.lock().daily_limits;
        match limit {
            Some(limit) => limits.insert(tenant.clone(), limit),
            None => limits.remove(tenant),
        };
        Ok(())
    }

    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError> {
        let book = self.lock();
        Ok(book.daily_limits.iter().map(|(tenant, limit)| (tenant.clone(), *limit)).collect())
    }

    async fn day(&self, tenant: &TenantId, day: Day) -> Result<DaySpend, LedgerError> {
        let account = AccountId::TenantDay { tenant: tenant.clone(), day };
        let JobCost { spent, held, .. } = self.lock().sum(&account);
        Ok(DaySpend { spent, held })
    }
}
