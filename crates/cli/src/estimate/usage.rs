//! How much of everything a job takes, and a month.

use std::collections::BTreeMap;

use super::{
    Machine, Plan,
    item::{Item, Line, Rates},
    measured::{Calls, Measured},
    prices::Free,
};
use crate::output::money::number;

const HOURS: f64 = 730.0;
const MINUTES: f64 = HOURS * 60.0;
const GB: f64 = 1e9;

/// As Terraform's `orchestrator_cpu` and `orchestrator_memory`.
const ORCHESTRATOR: Machine = Machine { vcpu: 0.25, gb: 0.5 };
/// `api-keys`, `callback-secret` and `anthropic-api-key` of `infra/terraform/secrets.tf`.
const SECRETS: f64 = 3.0;
/// All that the six alarms of `infra/terraform/alarms.tf` look at: an alarm on a sum counts for each of its metrics.
const ALARM_METRICS: f64 = 9.0;
/// Of `infra/terraform/metric-filters.json`, those that a job which succeeds writes to.
const METRICS: f64 = 4.0;
/// What a client asks: to submit, and for the result.
const REQUESTS: f64 = 2.0;

/// Sums by item.
#[derive(Debug, Default)]
pub(super) struct Usage(BTreeMap<Item, Quantity>);

/// A sum, and how it came about.
#[derive(Debug, Default, Clone)]
pub(super) struct Quantity(Vec<(f64, String)>);

impl Quantity {
    pub(super) fn value(&self) -> f64 {
        self.0.iter().map(|(value, _)| value).sum()
    }

    pub(super) fn how(&self) -> String {
        self.0.iter().map(|(_, how)| how.as_str()).collect::<Vec<_>>().join(" + ")
    }
}

impl Usage {
    fn add(&mut self, item: Item, value: f64, how: impl Into<String>) {
        if value > 0.0 {
            self.0.entry(item).or_default().0.push((value, how.into()));
        }
    }

    /// Calls that come so many times.
    fn add_calls(&mut self, calls: Calls, times: f64, what: &str) {
        for (item, each) in [
            (Item::TableWrites, calls.table_writes),
            (Item::TableReads, calls.table_reads),
            (Item::QueueRequests, calls.queue_requests),
            (Item::QueueGroups, calls.queue_grouped_requests),
        ] {
            self.add(item, each * times, format!("{} × {}{what}", number(each), number(times)));
        }
    }

    fn add_machine(
        &mut self,
        [processor, memory]: [Item; 2],
        machine: Machine,
        hours: f64,
        how: &str,
    ) {
        let Machine { vcpu, gb } = machine;
        self.add(processor, vcpu * hours, format!("{} vCPU × {how}", number(vcpu)));
        self.add(memory, gb * hours, format!("{} GB × {how}", number(gb)));
    }

    pub(super) fn lines(&self, rates: &Rates<'_>, free: &Free) -> impl Iterator<Item = Line> {
        self.0.iter().map(|(item, quantity)| rates.line(*item, quantity, free))
    }
}

pub(super) fn of_job(plan: &Plan, measured: &Measured) -> Usage {
    let mut usage = Usage::default();
    let seconds = plan.billed_seconds();
    let hours = seconds / 3_600.0;
    let how = format!("{} s", number(seconds));
    let machine = plan.size.machine();
    usage.add_machine([Item::WorkerProcessor, Item::WorkerMemory], machine, hours, &how);
    usage.add(Item::PublicAddress, hours, how);
    usage.add_calls(measured.job, 1.0, " job");
    usage.add_calls(measured.job_minute, plan.job_seconds / 60.0, " min");
    usage.add(Item::TableStorage, measured.job_table_bytes / GB, "one month");
    usage.add(Item::TableBackup, measured.job_table_bytes / GB, "one month");
    usage.add(
        Item::LogsIn,
        measured.job_log_bytes / GB,
        format!("{} bytes", number(measured.job_log_bytes)),
    );
    usage.add(Item::LogsKept, measured.job_log_bytes / GB, "one month");
    if plan.api {
        usage.add(Item::ApiRequests, REQUESTS, "submit, result");
    }
    if let Some(call) = &plan.model_call {
        let tokens = call.tokens;
        let how =
            format!("{} tokens read, {} written by {}", tokens.read, tokens.written, call.model);
        usage.add(Item::Models, 1.0, how);
    }
    usage
}

pub(super) fn of_idle_month(plan: &Plan, measured: &Measured) -> Usage {
    let mut usage = Usage::default();
    let count = plan.orchestrators;
    let how = format!("{} × {HOURS} h", number(count));
    let hours = count * HOURS;
    let items = [Item::OrchestratorProcessor, Item::OrchestratorMemory];
    usage.add_machine(items, ORCHESTRATOR, hours, &how);
    usage.add(Item::PublicAddress, hours, how);
    usage.add_calls(measured.idle_minute, count * MINUTES, " min");
    usage.add(Item::Secrets, SECRETS, "api-keys, callback-secret, anthropic-api-key");
    usage.add(Item::Alarms, ALARM_METRICS, "6 alarms");
    usage.add(Item::Dashboards, 1.0, "one");
    usage.add(Item::Images, measured.image_bytes / GB, "worker, orchestrator");
    if plan.api {
        usage.add(Item::HostedZones, 1.0, "one");
    }
    usage
}

/// The idle month, the jobs, and what orchestrators do more while jobs run.
pub(super) fn of_month(plan: &Plan, measured: &Measured, job: &Usage, idle: &Usage) -> Usage {
    let mut usage = Usage(idle.0.clone());
    if plan.jobs <= 0.0 {
        return usage;
    }
    let jobs = number(plan.jobs);
    for (item, quantity) in &job.0 {
        let how = quantity.how();
        let each = if quantity.0.len() > 1 { format!("({how})") } else { how };
        usage.add(*item, quantity.value() * plan.jobs, format!("{jobs} jobs × {each}"));
    }
    // At most: jobs that run at the same time share it.
    let busy = (plan.jobs * plan.billed_seconds() / 60.0).min(MINUTES) * plan.orchestrators;
    let (more, less) = (measured.busy_minute, measured.idle_minute);
    let calls = Calls {
        table_writes: more.table_writes - less.table_writes,
        table_reads: more.table_reads - less.table_reads,
        queue_requests: more.queue_requests - less.queue_requests,
        ..Calls::default()
    };
    usage.add_calls(calls, busy, " min with jobs");
    let hours = plan.jobs.min(HOURS);
    let metrics = METRICS + if plan.model_call.is_some() { 1.0 } else { 0.0 };
    let how = format!("{} in {} of {HOURS} h", number(metrics), number(hours));
    usage.add(Item::Metrics, metrics * hours / HOURS, how);
    usage
}
