//! The options of a submission, the same for `run` and `submit`.

use std::time::Duration;

use agent_runner_api_types::{Dependency, ResourcesView, SubmitJob};
use agent_runner_domain::{
    JobId, RawJson, Timestamp,
    job::{Architecture, Priority},
};
use clap::Args;

use super::{Tag, architecture, at, duration, priority, usd};

#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the job")]
pub(crate) struct Submission {
    /// 1 (last) to 10 (first), or low, normal, high.
    #[arg(long, short, value_name = "LEVEL", value_parser = priority)]
    priority: Option<Priority>,
    /// Start no sooner than this from now, such as 90s or 2h30m.
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "at")]
    delay: Option<Duration>,
    /// Start no sooner than this, such as 2030-01-31T12:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = at)]
    at: Option<Timestamp>,
    /// Start when this job has succeeded; its result is among the inputs. May be repeated.
    #[arg(long, value_name = "JOB_ID", value_delimiter = ',')]
    depends_on: Vec<JobId>,
    /// A label to find the job by. May be repeated.
    #[arg(long, short, value_name = "KEY=VALUE")]
    tag: Vec<Tag>,
    /// How long one attempt may run, such as 30s; an hour if not given.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// How many failures of its own the job survives, the last one included; 3 if not given.
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    /// What its model calls may cost, in dollars, with those of all jobs that it starts.
    #[arg(long, value_name = "USD", value_parser = usd, allow_negative_numbers = true)]
    budget_usd: Option<f64>,
    /// Virtual processors of its machine: 0.25, 0.5, 1, 2, 4, 8 or 16. Where jobs share one machine, this and the
    /// next three are only noted.
    #[arg(long, value_name = "N")]
    cpu: Option<f64>,
    /// Memory of its machine, as much as goes with its processors.
    #[arg(long, value_name = "MIB")]
    memory_mb: Option<u32>,
    /// The processors' kind.
    #[arg(long, value_name = "KIND", value_parser = architecture)]
    architecture: Option<Architecture>,
    /// Run on cheap machines that may be taken away (or, with =false, on none of them).
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    spot: Option<bool>,
    /// The same key with the same job is the same job, however often it is submitted.
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Called when the job has ended.
    #[arg(long, value_name = "URL")]
    callback_url: Option<String>,
    /// The job that this one belongs to.
    #[arg(long, value_name = "JOB_ID")]
    parent: Option<JobId>,
}

impl Submission {
    pub(crate) fn of(&self, job_type: &str, payload: RawJson) -> SubmitJob {
        SubmitJob {
            priority: self.priority,
            max_attempts: self.max_attempts,
            timeout_seconds: self.timeout.map(|timeout| timeout.as_secs_f64()),
            run_at: self.at,
            delay_seconds: self.delay.map(|delay| delay.as_secs_f64()),
            depends_on: self.depends_on.iter().copied().map(Dependency::Job).collect(),
            callback_url: self.callback_url.clone(),
            tags: self.tag.iter().map(|Tag(key, value)| (key.clone(), value.clone())).collect(),
            budget_usd: self.budget_usd,
            resources: Some(self.resources()).filter(|wish| !wish.is_empty()),
            parent: self.parent,
            ..SubmitJob::new(job_type, payload)
        }
    }

    fn resources(&self) -> ResourcesView {
        let Self { cpu, memory_mb, architecture, spot, .. } = *self;
        ResourcesView { cpu, memory_mb, architecture, spot }
    }
}
