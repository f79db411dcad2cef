//! An installation of its own on the Docker daemon of the test.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use agent_runner_domain::{
    JobId, Lease,
    job::{Resources, Terms},
    ports::{LaunchKey, LaunchOrder, Launcher},
};
use agent_runner_local::docker_launcher::{DockerConfig, DockerLauncher, Limits};
use tempfile::TempDir;

/// Longer than anything takes that is going to happen.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Tests run in several processes on one daemon, and jobs must not have the same name.
static JOBS: AtomicU64 = AtomicU64::new(1);

pub(crate) struct Site {
    pub(crate) config: DockerConfig,
    _folder: TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let config = DockerConfig {
            socket: socket(),
            image: variable("AGENT_RUNNER_TEST_IMAGE"),
            installation: folder.path().display().to_string(),
            worker_socket: folder.path().join("link.sock"),
            environment: vec![("GREETING".to_owned(), "hello".to_owned())],
            network: "none".to_owned(),
            limits: Limits { cpus: 0.5, memory_mb: 64, pids: 32 },
            max_running: 2,
            terms: Terms::default(),
        };
        Self { config, _folder: folder }
    }

    pub(crate) async fn launcher(&self) -> Arc<dyn Launcher> {
        Arc::new(DockerLauncher::open(self.config.clone()).await.unwrap())
    }
}

/// For a stand-in that behaves as `stand-in/worker.sh` says of this attempt.
pub(crate) fn order(attempt: u32) -> LaunchOrder {
    let number = u128::from(JOBS.fetch_add(1, Ordering::Relaxed));
    let bits = u128::from(std::process::id()) << 64 | number;
    LaunchOrder {
        key: LaunchKey { job: JobId::from_u128(bits), attempt },
        lease: Lease::from_u128(number),
        job_type: "stand-in".to_owned(),
        resources: Resources::default(),
    }
}

fn socket() -> PathBuf {
    variable("AGENT_RUNNER_TEST_DOCKER").into()
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the daemon is, the script that started it says"
)]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test-docker"))
}
