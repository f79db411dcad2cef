//! The server under measurement: the real program on an empty or given data folder.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::time::sleep;

use super::{
    Bed,
    wire::{self, Connection},
};

const START_MAX: Duration = Duration::from_mins(1);
const STOP_MAX: Duration = Duration::from_mins(1);

/// Killed when it is dropped; [`Server::stop`] is the polite way.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

/// What a server says of itself in its data folder.
#[derive(Deserialize)]
struct Owner {
    pid: u32,
    url: Option<String>,
}

impl Server {
    pub(super) async fn start(bed: &Bed, data: &Path, options: &[&str]) -> anyhow::Result<Self> {
        Self::start_with(bed, data, options, &[]).await
    }

    /// As `start`, with more in its environment.
    pub(super) async fn start_with(
        bed: &Bed,
        data: &Path,
        options: &[&str],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let program = bed.programs.server();
        let log = data.with_extension("log");
        let log_file = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let mut command = Command::new(&program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(options);
        command.envs(environment.iter().copied());
        command.stdin(Stdio::null()).stdout(log_file.try_clone()?).stderr(log_file);
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into() };
        server.address = server.announced(data, &log).await?;
        server.ready().await?;
        Ok(server)
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    async fn announced(&mut self, data: &Path, log: &Path) -> anyhow::Result<SocketAddr> {
        let end = Instant::now() + START_MAX;
        while Instant::now() < end && self.child.try_wait()?.is_none() {
            let owner = fs::read(data.join("owner.json")).ok();
            let owner = owner.and_then(|text| serde_json::from_slice::<Owner>(&text).ok());
            if let Some(Owner { pid, url: Some(url) }) = owner
                && pid == self.pid()
            {
                return url.trim_start_matches("http://").parse().context("the server's address");
            }
            sleep(Duration::from_millis(2)).await;
        }
        bail!("the server did not start: {}", fs::read_to_string(log).unwrap_or_default())
    }

    async fn ready(&self) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        connection.expect(&wire::get(self.address, "/readyz"), 200).await.map(drop)
    }

    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.address).await
    }

    /// As a supervisor would.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw);
        let pid = pid.context("a process has a number")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let end = Instant::now() + STOP_MAX;
        while Instant::now() < end {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
        bail!("the server did not stop within {STOP_MAX:?} of SIGTERM")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
