//! Which machine the figures are about.

use std::fs;

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct Machine {
    pub(super) date: String,
    pub(super) cores: usize,
    pub(super) processor: String,
    pub(super) memory_gb: u64,
    pub(super) system: String,
}

#[expect(clippy::disallowed_methods, reason = "the date of a report is the system's")]
pub(super) fn describe() -> Machine {
    let now = std::time::SystemTime::now();
    let uname = rustix::system::uname();
    Machine {
        date: humantime::format_rfc3339_seconds(now).to_string(),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into()),
        memory_gb: memory_kib() / 1_000_000,
        system: format!(
            "{} {}",
            uname.sysname().to_string_lossy(),
            uname.release().to_string_lossy()
        ),
    }
}

fn memory_kib() -> u64 {
    let total = field("/proc/meminfo", "MemTotal");
    total.and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0)
}

/// The value of the first line `name: value`.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}
