//! What an installation on AWS costs, worked out from prices, from what was measured, and from what Terraform makes.
//!
//! Knows nothing of what was really spent: that is what AWS bills, and `scripts/cost-report` shows it.

mod item;
mod measured;
mod models;
mod prices;
#[cfg(test)]
mod tests;
mod usage;

use serde::Serialize;

pub(crate) use self::{
    item::Line,
    models::{ModelCall, Tokens},
    prices::PriceList,
};
use self::{item::Rates, measured::Measured, prices::Free, usage::Usage};

/// What is to be estimated.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice by itself")]
pub(crate) struct Plan {
    pub(crate) region: String,
    pub(crate) jobs: f64,
    pub(crate) job_seconds: f64,
    pub(crate) start_seconds: f64,
    pub(crate) size: Size,
    pub(crate) architecture: Architecture,
    pub(crate) spot: bool,
    pub(crate) orchestrators: f64,
    pub(crate) orchestrator_spot: bool,
    pub(crate) api: bool,
    pub(crate) free_allowances: bool,
    pub(crate) model_call: Option<ModelCall>,
}

/// The machines of workers, as Terraform's `worker_sizes` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Size {
    Small,
    Medium,
    Large,
    Xlarge,
    Huge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Architecture {
    Arm64,
    #[value(name = "x86_64")]
    X86_64,
}

/// Processors and gigabytes of memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Machine {
    pub(crate) vcpu: f64,
    pub(crate) gb: f64,
}

/// What comes out.
#[derive(Debug, Serialize)]
pub(crate) struct Estimate {
    pub(crate) region: String,
    pub(crate) prices_of: String,
    pub(crate) prices_source: String,
    pub(crate) measured_on: String,
    pub(crate) job: Part,
    pub(crate) idle_month: Part,
    pub(crate) month: Part,
}

/// Lines and their sum.
#[derive(Debug, Serialize)]
pub(crate) struct Part {
    pub(crate) lines: Vec<Line>,
    pub(crate) total_usd: f64,
    /// Without Fargate, and the addresses of its tasks.
    pub(crate) without_machines_usd: f64,
}

impl Size {
    pub(crate) fn machine(self) -> Machine {
        let (vcpu, gb) = match self {
            Self::Small => (0.25, 0.5),
            Self::Medium => (1.0, 2.0),
            Self::Large => (2.0, 8.0),
            Self::Xlarge => (4.0, 16.0),
            Self::Huge => (16.0, 120.0),
        };
        Machine { vcpu, gb }
    }
}

impl Plan {
    /// # Errors
    /// Says which region or model has no price, and which have one.
    pub(crate) fn estimate(&self, list: &PriceList) -> Result<Estimate, String> {
        self.estimate_by(list, &Measured::built_in())
    }

    fn estimate_by(&self, list: &PriceList, measured: &Measured) -> Result<Estimate, String> {
        let prices = list.region(&self.region)?;
        let model_usd = self.model_call.as_ref().map(ModelCall::price).transpose()?;
        let free = if self.free_allowances { list.free_a_month.clone() } else { Free::default() };
        let rates = Rates::new(prices, self, model_usd);
        let job = usage::of_job(self, measured);
        let idle = usage::of_idle_month(self, measured);
        let month = usage::of_month(self, measured, &job, &idle);
        // A single job has no share in what is free for a month.
        let part = |usage: &Usage, free: &Free| Part::new(usage, &rates, free);
        Ok(Estimate {
            region: self.region.clone(),
            prices_of: list.date.clone(),
            prices_source: prices.source.clone(),
            measured_on: format!("{} ({})", measured.date, measured.source),
            job: part(&job, &Free::default()),
            idle_month: part(&idle, &free),
            month: part(&month, &free),
        })
    }

    /// What Fargate bills of a job: from the pull of the image on, and never less than a minute.
    pub(crate) fn billed_seconds(&self) -> f64 {
        (self.start_seconds + self.job_seconds).max(60.0)
    }
}

impl Part {
    fn new(usage: &Usage, rates: &Rates<'_>, free: &Free) -> Self {
        let lines: Vec<_> = usage.lines(rates, free).collect();
        let total_usd = lines.iter().map(|line| line.usd).sum();
        let services = lines.iter().filter(|line| !line.is_machine);
        let without_machines_usd = services.map(|line| line.usd).sum();
        Self { lines, total_usd, without_machines_usd }
    }
}
