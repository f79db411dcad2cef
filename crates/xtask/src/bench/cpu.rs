//! Processor time: unlike rates, it hardly depends on what else the machine does.

use std::fs;

use anyhow::Context;

/// Ticks a second of the times in `/proc`, on every Linux.
const TICKS: f64 = 100.0;

/// Milliseconds that a process, its children, and all that these have started and waited for have computed.
/// Linux only.
pub(super) fn spent_ms(pid: u32) -> anyhow::Result<f64> {
    // A child that has ended meanwhile is counted by its parent from then on.
    let children = children(pid)?.into_iter().filter_map(|child| own_ms(child).ok());
    Ok(own_ms(pid)? + children.sum::<f64>())
}

/// The processes that this one has started and not yet waited for.
pub(super) fn children(pid: u32) -> anyhow::Result<Vec<u32>> {
    let path = format!("/proc/{pid}/task");
    let threads = fs::read_dir(&path).with_context(|| format!("reading {path}"))?;
    let mut found = Vec::new();
    for thread in threads {
        let children = fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
        found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
    }
    Ok(found)
}

fn own_ms(pid: u32) -> anyhow::Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // Behind the name, which may hold anything, in brackets.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let times = fields.split_whitespace().skip(11).take(4);
    let ticks: f64 = times.filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks * 1_000.0 / TICKS)
}
