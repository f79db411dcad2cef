//! Finding and killing the workers of one data folder, and the dice that choose them.

use std::{fs, path::Path, process::Command};

/// The pids of workers (not of what they started) that belong to a server on this data folder.
pub(crate) fn workers(data: &Path) -> Vec<u32> {
    let folder = data.as_os_str().as_encoded_bytes();
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
        let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let ours = environment.split(|byte| *byte == 0).any(|variable| {
            variable.starts_with(b"AGENT_RUNNER_LINK=") && contains(variable, folder)
        });
        ours.then_some(pid)
    });
    pids.collect()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

pub(crate) fn kill_one_worker(data: &Path, random: &mut Random) -> bool {
    let workers = workers(data);
    if workers.is_empty() {
        return false;
    }
    let choice = random.below(workers.len() as u64);
    let pid = workers[usize::try_from(choice).unwrap()];
    Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .is_ok_and(|status| status.success())
}

/// A xorshift generator: the same seed makes the same choices.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn from_environment() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a switch of this test, not configuration")]
        let given = std::env::var("AGENT_RUNNER_CHAOS_SEED").ok();
        let seed =
            given.map_or_else(|| u64::from(std::process::id()), |text| text.parse().unwrap());
        println!("AGENT_RUNNER_CHAOS_SEED={seed}");
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances as u64) == 0
    }
}
