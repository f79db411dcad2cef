//! No call without its money.

use std::time::Duration;

use agent_runner_domain::{
    job::{CauseKind, Failure},
    money::Money,
    ports::{AccountId, Reserved, Shortage, SpendAsk},
};
use tokio::time::timeout;

use super::Call;

/// Counting a prompt is quick, or not worth the wait.
const COUNT_TIMEOUT: Duration = Duration::from_secs(30);

impl Call<'_> {
    /// Holds the most that the next try can cost. What the prompt can be at most is known at once; where that is
    /// too much, the provider is asked how long it is.
    pub(super) async fn reserve(&mut self) -> Result<(), Failure> {
        let Err(shortage) = self.reserve_bound().await? else {
            return Ok(());
        };
        match self.count_prompt().await {
            Some(counted) if counted < self.prompt_tokens => {
                self.prompt_tokens = counted;
                let reserved = self.reserve_bound().await?;
                reserved.map_err(|shortage| self.exceeded(&shortage))
            }
            _ => Err(self.exceeded(&shortage)),
        }
    }

    /// The inner error: there is no room for it.
    async fn reserve_bound(&mut self) -> Result<Result<(), Shortage>, Failure> {
        let price = self.route.price_max(self.request, self.prompt_tokens);
        match self.ask_ledger(price.as_ref().ok().copied()).await? {
            Reserved::Granted => Ok(Ok(())),
            Reserved::Exceeded(shortage) => Ok(Err(shortage)),
            Reserved::NoPrice { account } => {
                Err(self.unpriced(&account, &price.err().unwrap_or_default()))
            }
        }
    }

    async fn ask_ledger(&mut self, most: Option<Money>) -> Result<Reserved, Failure> {
        let (provider, model) = (self.route.provider.name, &self.route.model);
        let ask = SpendAsk { provider: provider.to_owned(), model: model.clone(), most };
        let number = self.context.switchboard.next_call();
        let what = "the money for a model call cannot be held";
        self.number = number;
        self.context.ask_link(what, || self.context.link.reserve(number, ask.clone())).await
    }

    async fn count_prompt(&self) -> Option<u64> {
        let counting = timeout(COUNT_TIMEOUT, self.route.client.count_tokens(self.request));
        let counted = self.context.cancelled.run_until_cancelled(counting).await?;
        counted.ok()?.ok()?
    }

    fn exceeded(&self, shortage: &Shortage) -> Failure {
        let more = match &shortage.account {
            AccountId::Job(job) => format!("submit it with a larger `budget_usd` than {job} has"),
            AccountId::TenantDay { .. } => {
                "wait for the next day or raise the tenant's budget".to_owned()
            }
        };
        let message = format!(
            "{} was not asked (`{}`): {shortage}; {more}, or ask for less with a smaller `max_tokens`, a shorter prompt or a cheaper model",
            self.route.model, self.key
        );
        Failure::lasting(CauseKind::BudgetExceeded, message)
    }

    fn unpriced(&self, account: &AccountId, reason: &str) -> Failure {
        let whose = match account {
            AccountId::Job(job) => format!("{job} has a `budget_usd`"),
            AccountId::TenantDay { tenant, .. } => {
                format!("the tenant {tenant} has a daily budget")
            }
        };
        let message = format!(
            "{} was not asked (`{}`): {whose}, and what the model costs is not known ({reason}); give its price in the price file that `AGENT_RUNNER_PRICES` names, ask a model with a price, or lift the budget",
            self.route.model, self.key
        );
        Failure::lasting(CauseKind::BudgetExceeded, message)
    }
}
