//! An orchestrator as infrastructure would start it.

use std::{fs::File, net::SocketAddr, path::Path, process::Command};

use anyhow::Context;

use crate::bench::{Bed, companion::Companion, wire::Connection};

/// Killed when it is dropped.
pub(super) struct Orchestrator {
    process: Companion,
    pub(super) address: SocketAddr,
}

impl Orchestrator {
    pub(super) async fn start(
        bed: &Bed,
        log: &Path,
        variables: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(bed.programs.orchestrator());
        command.env_clear().env("PATH", "/usr/bin:/bin").envs(variables.iter().cloned());
        command.env("AGENT_RUNNER_LISTEN", "127.0.0.1:0");
        command.env("AGENT_RUNNER_SUBNETS", "subnet-0a1b");
        command.env("AGENT_RUNNER_SECURITY_GROUPS", "sg-0a1b");
        command.stderr(File::options().create(true).append(true).open(log)?);
        // It asks the emulator by way of this program, which has to go on meanwhile.
        let start = move || Companion::start(&mut command);
        let started = tokio::task::spawn_blocking(start).await?;
        let (process, line) = started.with_context(|| {
            format!("the orchestrator: {}", std::fs::read_to_string(log).unwrap_or_default())
        })?;
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        let address = url.with_context(|| format!("{line:?} names no address"))?.parse()?;
        Ok(Self { process, address })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address).await
    }
}
