//! A readable account of a world, for whoever replays a seed.

use std::collections::BTreeMap;

use agent_runner_domain::{JobId, Timestamp};

use crate::world::Millis;

pub(crate) struct Trace {
    on: bool,
    began: Millis,
    names: BTreeMap<JobId, String>,
}

impl Trace {
    pub(crate) fn new(on: bool, began: Timestamp) -> Self {
        Self { on, began: began.as_millis(), names: BTreeMap::new() }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// A short name for a job: the first that is seen is `job-1`.
    pub(crate) fn name(&mut self, job: JobId) -> String {
        let next = self.names.len() + 1;
        self.names.entry(job).or_insert_with(|| format!("job-{next}")).clone()
    }

    pub(crate) fn print(&self, now: Millis, who: &str, text: &str) {
        let since = now - self.began;
        println!("{:>9}.{:03}s  {who:<28} {text}", since / 1000, since % 1000);
    }
}
