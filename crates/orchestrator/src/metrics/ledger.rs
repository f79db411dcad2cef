//! A ledger that counts what passes through it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use agent_runner_domain::{
    Day, JobId, Money, TenantId, Timestamp,
    ports::{
        CallKey, Charge, CostQuery, CostRow, DaySpend, JobCost, Ledger, LedgerError, Reservation,
        Reserved, Tokens,
    },
};
use async_trait::async_trait;

use super::{Metrics, OfModel, Refusal, TokensOf};

/// Calls that were granted here and not settled yet. Some never are; beyond this many, the counting starts anew.
const OPEN_MAX: usize = 100_000;
/// Models that have numbers of their own: the names come from payloads, and each would be kept for ever.
const MODELS_MAX: usize = 200;

/// Counts calls when they are settled, each once, however often that is said again. The numbers are of this process:
/// a call that another one has granted is counted there, or nowhere if that one is gone.
pub(crate) struct MeteredLedger {
    inner: Arc<dyn Ledger>,
    metrics: Metrics,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// The provider of each open call.
    open: HashMap<CallKey, String>,
    models: HashSet<OfModel>,
}

impl MeteredLedger {
    #[must_use]
    pub(crate) fn new(inner: Arc<dyn Ledger>, metrics: Metrics) -> Self {
        Self { inner, metrics, seen: Mutex::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refused(&self, reason: &'static str) {
        self.metrics.calls_refused.get_or_create(&Refusal { reason }).inc();
    }

    fn settled(&self, key: CallKey, charge: &Charge) {
        let Some(model) = self.seen().close(key, charge) else { return };
        let metrics = &self.metrics;
        metrics.model_calls.get_or_create(&model).inc();
        match charge.cost {
            Some(cost) => drop(metrics.spend.get_or_create(&model).inc_by(cost.dollars())),
            None => drop(metrics.unpriced_calls.get_or_create(&model).inc()),
        }
        let Tokens { input, output, cache_read, cache_write } = charge.tokens;
        let kinds = [
            ("input", input),
            ("output", output),
            ("cache_read", cache_read),
            ("cache_write", cache_write),
        ];
        for (kind, count) in kinds.into_iter().filter(|(_, count)| *count > 0) {
            let labels =
                TokensOf { provider: model.provider.clone(), model: model.model.clone(), kind };
            metrics.tokens.get_or_create(&labels).inc_by(count);
        }
    }
}

impl Seen {
    fn open(&mut self, key: CallKey, provider: String) {
        if self.open.len() >= OPEN_MAX {
            self.open.clear();
        }
        self.open.insert(key, provider);
    }

    /// Under what name the call is counted, if it is open.
    fn close(&mut self, key: CallKey, charge: &Charge) -> Option<OfModel> {
        let provider = self.open.remove(&key)?;
        let model = OfModel { provider, model: charge.model.clone() };
        if self.models.contains(&model) {
            return Some(model);
        }
        if self.models.len() >= MODELS_MAX {
            return Some(OfModel { provider: "other".to_owned(), model: "other".to_owned() });
        }
        self.models.insert(model.clone());
        Some(model)
    }
}

#[async_trait]
impl Ledger for MeteredLedger {
    async fn reserve(&self, reservation: Reservation) -> Result<Reserved, LedgerError> {
        let (key, provider) = (reservation.key, reservation.labels.provider.clone());
        let answer = self.inner.reserve(reservation).await?;
        match answer {
            Reserved::Granted => self.seen().open(key, provider),
            Reserved::Exceeded(_) => self.refused("budget"),
            Reserved::NoPrice { .. } => self.refused("no_price"),
        }
        Ok(answer)
    }

    async fn settle(&self, key: CallKey, at: Timestamp, charge: Charge) -> Result<(), LedgerError> {
        self.inner.settle(key, at, charge.clone()).await?;
        self.settled(key, &charge);
        Ok(())
    }

    async fn costs(&self, jobs: &[JobId]) -> Result<Vec<JobCost>, LedgerError> {
        self.inner.costs(jobs).await
    }

    async fn report(&self, query: &CostQuery) -> Result<Vec<CostRow>, LedgerError> {
        self.inner.report(query).await
    }

    async fn daily_limit(&self, tenant: &TenantId) -> Result<Option<Money>, LedgerError> {
        self.inner.daily_limit(tenant).await
    }

    async fn set_daily_limit(
        &self,
        tenant: &TenantId,
        limit: Option<Money>,
    ) -> Result<(), LedgerError> {
        self.inner.set_daily_limit(tenant, limit).await
    }

    async fn daily_limits(&self) -> Result<Vec<(TenantId, Money)>, LedgerError> {
        self.inner.daily_limits().await
    }

    async fn day(&self, tenant: &TenantId, day: Day) -> Result<DaySpend, LedgerError> {
        self.inner.day(tenant, day).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::test_site::TestSite;

    #[tokio::test]
    async fn a_call_is_counted_once_however_often_it_is_settled() {
        let site = TestSite::new();
        site.submit(&json!({"budget_usd": 2})).await;
        let worker = site.launch().await;
        worker.say("start", &json!({})).await;
        worker.call(1, 1_000_000_000, Some(750_000_000)).await;
        assert_eq!(worker.settle(1, Some(750_000_000)).await.status, 204);
        worker.call(2, 1_000_000_000, None).await;
        worker.reserve(3, 2_000_000_000).await;
        let text = String::from_utf8(site.get("/metrics").await.body).unwrap();
        let model = r#"provider="anthropic",model="claude-1""#;
        for line in [
            format!("agent_runner_model_spend_dollars_total{{{model}}} 0.75"),
            format!("agent_runner_model_calls_total{{{model}}} 2"),
            format!("agent_runner_model_calls_unpriced_total{{{model}}} 1"),
            format!("agent_runner_model_tokens_total{{{model},kind=\"output\"}} 40"),
            "agent_runner_model_calls_refused_total{reason=\"budget\"} 1".to_owned(),
        ] {
            assert!(text.contains(&line), "{line} is not in {text}");
        }
    }
}
