//! What AWS bills by, with its price, and a line of the bill.

use serde::Serialize;

use super::{
    Architecture, Plan,
    prices::{Free, Machines, Prices},
    usage::Quantity,
};

const MILLION: f64 = 1_000_000.0;

/// In the order of the bill: machines first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    OrchestratorProcessor,
    OrchestratorMemory,
    WorkerProcessor,
    WorkerMemory,
    PublicAddress,
    TableWrites,
    TableReads,
    TableStorage,
    TableBackup,
    QueueRequests,
    QueueGroups,
    Secrets,
    Alarms,
    Dashboards,
    Metrics,
    LogsIn,
    LogsKept,
    Images,
    ApiRequests,
    HostedZones,
    Models,
}

/// Prices for one plan.
pub(super) struct Rates<'a> {
    prices: &'a Prices,
    machines: &'a Machines,
    worker_factor: f64,
    orchestrator_factor: f64,
    model_usd: f64,
}

/// One line of the bill: `(quantity - free) * price_usd / price_per`.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) item: &'static str,
    /// A task of Fargate, or its address.
    #[serde(skip)]
    pub(super) is_machine: bool,
    pub(crate) quantity: f64,
    pub(crate) unit: &'static str,
    /// How the quantity came about.
    pub(crate) how: String,
    pub(crate) free: f64,
    pub(crate) price_usd: f64,
    pub(crate) price_per: f64,
    pub(crate) usd: f64,
}

impl<'a> Rates<'a> {
    pub(super) fn new(prices: &'a Prices, plan: &Plan, model_usd: Option<f64>) -> Self {
        let machines = match plan.architecture {
            Architecture::Arm64 => &prices.fargate.arm64,
            Architecture::X86_64 => &prices.fargate.x86_64,
        };
        let factor = |spot: bool| if spot { prices.fargate.spot_factor } else { 1.0 };
        Self {
            prices,
            machines,
            worker_factor: factor(plan.spot),
            orchestrator_factor: factor(plan.orchestrator_spot),
            model_usd: model_usd.unwrap_or_default(),
        }
    }

    /// A price, and of how many that is the price.
    fn of(&self, item: Item) -> (f64, f64) {
        let Self { prices, machines, .. } = self;
        let (worker, orchestrator) = (self.worker_factor, self.orchestrator_factor);
        match item {
            Item::OrchestratorProcessor => (machines.vcpu_hour * orchestrator, 1.0),
            Item::OrchestratorMemory => (machines.gb_hour * orchestrator, 1.0),
            Item::WorkerProcessor => (machines.vcpu_hour * worker, 1.0),
            Item::WorkerMemory => (machines.gb_hour * worker, 1.0),
            Item::PublicAddress => (prices.public_ipv4_hour, 1.0),
            Item::TableWrites => (prices.table_write_units, MILLION),
            Item::TableReads => (prices.table_read_units, MILLION),
            Item::TableStorage => (prices.table_gb_month, 1.0),
            Item::TableBackup => (prices.table_backup_gb_month, 1.0),
            Item::QueueRequests => (prices.queue_requests, MILLION),
            Item::QueueGroups => (prices.queue_grouped_requests, MILLION),
            Item::Secrets => (prices.secret_month, 1.0),
            Item::Alarms => (prices.alarm_metric_month, 1.0),
            Item::Dashboards => (prices.dashboard_month, 1.0),
            Item::Metrics => (prices.custom_metric_month, 1.0),
            Item::LogsIn => (prices.log_gb_in, 1.0),
            Item::LogsKept => (prices.log_gb_month, 1.0),
            Item::Images => (prices.image_gb_month, 1.0),
            Item::ApiRequests => (prices.api_requests, MILLION),
            Item::HostedZones => (prices.hosted_zone_month, 1.0),
            Item::Models => (self.model_usd, 1.0),
        }
    }

    pub(super) fn line(&self, item: Item, quantity: &Quantity, free: &Free) -> Line {
        let (price_usd, price_per) = self.of(item);
        let free = item.free(free);
        let billed = (quantity.value() - free).max(0.0);
        let (name, unit) = item.words();
        Line {
            item: name,
            is_machine: item <= Item::PublicAddress,
            quantity: quantity.value(),
            unit,
            how: quantity.how(),
            free,
            price_usd,
            price_per,
            usd: billed / price_per * price_usd,
        }
    }
}

impl Item {
    /// Its name, and what it is counted in.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::OrchestratorProcessor => ("Fargate, orchestrator's processor", "vCPU-hours"),
            Self::OrchestratorMemory => ("Fargate, orchestrator's memory", "GB-hours"),
            Self::WorkerProcessor => ("Fargate, worker's processor", "vCPU-hours"),
            Self::WorkerMemory => ("Fargate, worker's memory", "GB-hours"),
            Self::PublicAddress => ("Public IPv4 addresses", "hours"),
            Self::TableWrites => ("DynamoDB, writes", "units"),
            Self::TableReads => ("DynamoDB, reads", "units"),
            Self::TableStorage => ("DynamoDB, storage", "GB-months"),
            Self::TableBackup => ("DynamoDB, point-in-time recovery", "GB-months"),
            Self::QueueRequests => ("SQS, requests", "requests"),
            Self::QueueGroups => ("SQS, fairness among tenants", "requests"),
            Self::Secrets => ("Secrets Manager, secrets", "secret-months"),
            Self::Alarms => ("CloudWatch, alarms", "metrics"),
            Self::Dashboards => ("CloudWatch, dashboard", "dashboards"),
            Self::Metrics => ("CloudWatch, metrics from the log", "metric-months"),
            Self::LogsIn => ("CloudWatch, logs written", "GB"),
            Self::LogsKept => ("CloudWatch, logs kept", "GB-months"),
            Self::Images => ("ECR, images", "GB-months"),
            Self::ApiRequests => ("API Gateway, requests", "requests"),
            Self::HostedZones => ("Route 53, zone of service discovery", "zones"),
            Self::Models => ("Models", "jobs"),
        }
    }

    fn free(self, free: &Free) -> f64 {
        match self {
            Self::QueueRequests => free.queue_requests,
            Self::TableStorage => free.table_gb,
            Self::Alarms => free.alarm_metrics,
            Self::Dashboards => free.dashboards,
            Self::Metrics => free.custom_metrics,
            Self::LogsIn => free.log_gb,
            _ => 0.0,
        }
    }
}
