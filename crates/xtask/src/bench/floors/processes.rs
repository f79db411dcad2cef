//! Processes that do nothing.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::ensure;

use crate::bench::load::{Samples, per_second};

pub(in crate::bench) fn xargs_per_second(processes: usize) -> anyhow::Result<f64> {
    let script = format!("seq {processes} | xargs -P2 -n1 /bin/true");
    let began = Instant::now();
    let status = Command::new("sh").arg("-c").arg(script).status()?;
    ensure!(status.success(), "xargs failed");
    Ok(per_second(processes, began.elapsed()))
}

pub(in crate::bench) fn fork_exec_wait(times: usize) -> anyhow::Result<Samples> {
    let mut samples = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        Command::new("/bin/true").stdin(Stdio::null()).status()?;
        samples.push(began.elapsed());
    }
    Ok(Samples::new(samples))
}
