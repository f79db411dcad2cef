//! What a worker says of model calls.

use super::DirectLink;
use crate::{
    Day, Money,
    job::Job,
    mutant::{self, Mutant},
    ports::{
        Account, AccountId, CallKey, CallLabels, Charge, LedgerError, LinkError, Reservation,
        Reserved, SpendAsk, Tokens,
    },
};

impl DirectLink {
    pub(super) async fn reserve_call(
        &self,
        call: u32,
        ask: SpendAsk,
    ) -> Result<Reserved, LinkError> {
        let named = [&ask.provider, &ask.model];
        if call == 0 || named.into_iter().any(|name| name.len() > SpendAsk::NAME_BYTES_MAX) {
            let max = SpendAsk::NAME_BYTES_MAX;
            return Err(LinkError::Refused(format!(
                "calls are counted from 1, and the names of providers and models have at most {max} bytes"
            )));
        }
        let job = if mutant::active(Mutant::LeaseNotCheckedAtReserve) {
            self.load().await?.value
        } else {
            self.held().await?
        };
        let at = self.ports.clock.now();
        let day = Day::of(at);
        let mut accounts = vec![Account { id: AccountId::Job(job.id), limit: job.spec.budget }];
        if !mutant::active(Mutant::AncestorsNotCharged) {
            accounts.extend(self.ancestors(&job).await?);
        }
        if !mutant::active(Mutant::DailyLimitIgnored) {
            let id = AccountId::TenantDay { tenant: job.tenant.clone(), day };
            accounts.push(Account { id, limit: None });
        }
        let key = CallKey { job: job.id, attempt: self.ticket.key.attempt, call };
        let labels = CallLabels {
            tenant: job.tenant.clone(),
            job_type: job.spec.job_type.clone(),
            tags: job.spec.tags.clone(),
            provider: ask.provider,
            model: ask.model,
        };
        let free = mutant::active(Mutant::UnpricedFitsAnyBudget).then_some(Money::ZERO);
        let reservation = Reservation { key, at, accounts, most: ask.most.or(free), labels };
        self.ports.ledger.reserve(reservation).await.map_err(unavailable)
    }

    /// The accounts of those above the job, the parent's first.
    async fn ancestors(&self, job: &Job) -> Result<Vec<Account>, LinkError> {
        let ids = &job.spec.ancestors;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.ports.store.load_many(ids).await.map_err(super::unavailable)?;
        let account = |found: Option<super::Versioned<Job>>| {
            // Its budget went with it, so nobody can say any more that there is none.
            let gone = || LinkError::Refused("a job that this one descends from is gone".into());
            let ancestor = found.ok_or_else(gone)?.value;
            Ok(Account { id: AccountId::Job(ancestor.id), limit: ancestor.spec.budget })
        };
        found.into_iter().rev().map(account).collect()
    }

    pub(super) async fn settle_call(&self, call: CallKey, charge: Charge) -> Result<(), LinkError> {
        let own = self.ticket.key;
        if call.job != own.job || call.attempt > own.attempt {
            let text = "only calls of this attempt and those before it can be settled";
            return Err(LinkError::Refused(text.into()));
        }
        if charge.model.len() > SpendAsk::NAME_BYTES_MAX || !charge.tokens.plausible() {
            return Err(LinkError::Refused(format!(
                "a model's name has at most {} bytes and a call at most {} tokens",
                SpendAsk::NAME_BYTES_MAX,
                Tokens::COUNT_MAX
            )));
        }
        self.was_held().await?;
        let at = self.ports.clock.now();
        self.ports.ledger.settle(call, at, charge).await.map_err(unavailable)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn unavailable(error: LedgerError) -> LinkError {
    LinkError::Unavailable(error.to_string())
}
