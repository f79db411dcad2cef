//! Holding money before a call.

use agent_runner_domain::ports::{AccountId, JobCost, Reservation, Reserved, Shortage};
use rusqlite::params;

use super::{account, daily_limit};
use crate::database::Batch;

/// A reservation, written out on the caller's side.
pub(super) struct Reserving {
    asked: Reservation,
    job: String,
    tags: String,
    /// The accounts' names.
    accounts: Vec<String>,
}

impl From<Reservation> for Reserving {
    fn from(asked: Reservation) -> Self {
        Self {
            job: asked.key.job.to_string(),
            tags: serde_json::to_string(&asked.labels.tags).expect("texts are JSON"),
            accounts: asked.accounts.iter().map(|account| account.id.to_string()).collect(),
            asked,
        }
    }
}

impl Reserving {
    pub(super) fn reserve(&self, batch: &mut Batch) -> rusqlite::Result<Reserved> {
        if self.was_granted(batch)? {
            return Ok(Reserved::Granted);
        }
        let mut before = Vec::with_capacity(self.accounts.len());
        for at in 0..self.accounts.len() {
            let sums = account::of_account(batch, &self.accounts[at])?;
            if let Some(refused) = self.judge(batch, at, &sums)? {
                return Ok(refused);
            }
            before.push(sums);
        }
        let call = JobCost::reserved(self.asked.most);
        for (account, mut sums) in self.accounts.iter().zip(before) {
            sums += call;
            account::write(&sums, batch, account)?;
        }
        self.insert(batch, &call)?;
        Ok(Reserved::Granted)
    }

    fn was_granted(&self, batch: &Batch) -> rusqlite::Result<bool> {
        let key = self.asked.key;
        batch.sql("SELECT 1 FROM calls WHERE job = ?1 AND attempt = ?2 AND call = ?3")?.exists((
            &self.job,
            key.attempt,
            key.call,
        ))
    }

    /// Why the account has no room for the call, if it has none.
    fn judge(
        &self,
        batch: &Batch,
        at: usize,
        sums: &JobCost,
    ) -> rusqlite::Result<Option<Reserved>> {
        let account = &self.asked.accounts[at];
        let own = match &account.id {
            AccountId::Job(_) => None,
            AccountId::TenantDay { tenant, .. } => daily_limit::in_force(batch, tenant)?,
        };
        let Some(limit) = account.limit.into_iter().chain(own).min() else {
            return Ok(None);
        };
        let Some(asked) = self.asked.most else {
            return Ok(Some(Reserved::NoPrice { account: account.id.clone() }));
        };
        let JobCost { spent, held, .. } = *sums;
        if asked <= limit.saturating_sub(spent + held) {
            return Ok(None);
        }
        let account = account.id.clone();
        Ok(Some(Reserved::Exceeded(Shortage { account, limit, spent, held, asked })))
    }

    fn insert(&self, batch: &mut Batch, call: &JobCost) -> rusqlite::Result<()> {
        let Reservation { key, at, labels, .. } = &self.asked;
        let tenant = batch.tenant(labels.tenant.as_str())?;
        let job_type = batch.job_type(&labels.job_type)?;
        batch
            .sql(
                "INSERT INTO calls (job, attempt, call, at, tenant, job_type, tags, provider, model, accounts, \
                 unpriced, held, spent, input, output, cache_read, cache_write) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, 0, 0, 0, 0)",
            )?
            .execute(params![
                self.job,
                key.attempt,
                key.call,
                at.as_millis(),
                tenant,
                job_type,
                self.tags,
                labels.provider,
                labels.model,
                self.accounts.join(" "),
                call.unpriced_calls,
                call.held.nanodollars(),
            ])
            .map(drop)
    }
}
