//! What Prometheus may know. Counts of jobs are made where they become durable: at the store.

mod ledger;
mod store;

use std::{sync::atomic::AtomicU64, time::Duration};

use agent_runner_domain::ports::{Count, StoreError};
use http::{Method, StatusCode};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

pub(crate) use self::{ledger::MeteredLedger, store::MeteredStore};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfType {
    job_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Ended {
    job_type: String,
    status: &'static str,
    /// Empty for a success.
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Failed {
    job_type: String,
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct InStatus {
    job_type: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Answered {
    method: String,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfModel {
    provider: String,
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TokensOf {
    provider: String,
    model: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Refusal {
    reason: &'static str,
}

/// Dollars are a counter's only fractions here.
type Dollars = Counter<f64, AtomicU64>;

type Times<L> = Family<L, Histogram, fn() -> Histogram>;

/// Counts since this process started; cheap to clone, all clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    submitted: Family<OfType, Counter>,
    started: Family<OfType, Counter>,
    ended: Family<Ended, Counter>,
    retried: Family<Failed, Counter>,
    launch_seconds: Times<OfType>,
    run_seconds: Times<OfType>,
    requests: Times<Answered>,
    spend: Family<OfModel, Dollars>,
    model_calls: Family<OfModel, Counter>,
    unpriced_calls: Family<OfModel, Counter>,
    calls_refused: Family<Refusal, Counter>,
    tokens: Family<TokensOf, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            submitted: Family::default(),
            started: Family::default(),
            ended: Family::default(),
            retried: Family::default(),
            launch_seconds: Family::new_with_constructor(long_times),
            run_seconds: Family::new_with_constructor(long_times),
            requests: Family::new_with_constructor(short_times),
            spend: Family::default(),
            model_calls: Family::default(),
            unpriced_calls: Family::default(),
            calls_refused: Family::default(),
            tokens: Family::default(),
        }
    }
}

/// 1 ms to 4½ h.
fn long_times() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 4.0, 13))
}

/// ¼ ms to 64 s.
fn short_times() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 4.0, 10))
}

impl Metrics {
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: &'static str,
        status: StatusCode,
        took: Duration,
    ) {
        // Methods can be invented by clients, and each would be kept for ever.
        let method = match method.as_str() {
            known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS") => known,
            _ => "other",
        };
        let labels = Answered { method: method.to_owned(), route, status: status.as_u16() };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// The text that Prometheus reads, with the numbers of stored jobs as they are now.
    pub(crate) fn text(&self, counts: &Result<Vec<Count>, StoreError>) -> String {
        let mut registry = Registry::with_prefix("agent_runner");
        registry.register("jobs_submitted", "Jobs accepted", self.submitted.clone());
        registry.register(
            "attempts_started",
            "Attempts whose worker said that it runs",
            self.started.clone(),
        );
        registry.register("jobs_ended", "Jobs that became final", self.ended.clone());
        registry.register(
            "attempts_failed",
            "Failed attempts that another one follows",
            self.retried.clone(),
        );
        registry.register_with_unit(
            "launch",
            "From the claim to RUNNING",
            Unit::Seconds,
            self.launch_seconds.clone(),
        );
        registry.register_with_unit(
            "run",
            "From RUNNING to the end of the job",
            Unit::Seconds,
            self.run_seconds.clone(),
        );
        registry.register_with_unit(
            "http_request",
            "HTTP requests answered",
            Unit::Seconds,
            self.requests.clone(),
        );
        self.register_money(&mut registry);
        let (jobs, depth, store_up) =
            (Family::default(), Gauge::<i64>::default(), Gauge::<i64>::default());
        registry.register("jobs", "Stored jobs", jobs.clone());
        registry.register("queue_depth", "Jobs that are QUEUED", depth.clone());
        registry.register("store_up", "1 while the job store answers", store_up.clone());
        if let Ok(counts) = counts {
            store_up.set(1);
            gauge(counts, &jobs, &depth);
        }
        let mut text = String::new();
        encode(&mut text, &registry).expect("writing to a string does not fail");
        text
    }
}

impl Metrics {
    fn register_money(&self, registry: &mut Registry) {
        registry.register_with_unit(
            "model_spend",
            "What settled model calls cost",
            Unit::Other("dollars".to_owned()),
            self.spend.clone(),
        );
        registry.register("model_calls", "Settled model calls", self.model_calls.clone());
        registry.register(
            "model_calls_unpriced",
            "Settled calls of models without a price",
            self.unpriced_calls.clone(),
        );
        registry.register(
            "model_calls_refused",
            "Model calls that were not made for lack of budget, or of a price to hold one to",
            self.calls_refused.clone(),
        );
        registry.register("model_tokens", "Tokens of settled model calls", self.tokens.clone());
    }
}

/// Tenants are added up: they are no business of whoever reads metrics.
fn gauge(counts: &[Count], jobs: &Family<InStatus, Gauge>, depth: &Gauge) {
    for count in counts {
        let labels = InStatus { job_type: count.job_type.clone(), status: count.status.as_str() };
        let number = i64::try_from(count.jobs).unwrap_or(i64::MAX);
        jobs.get_or_create(&labels).inc_by(number);
        if count.status == agent_runner_domain::job::Status::Queued {
            depth.inc_by(number);
        }
    }
}
