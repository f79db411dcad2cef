//! An installation of its own on the Docker daemon of the test.

use std::{path::PathBuf, sync::Arc};

use agent_runner_domain::{job::Terms, ports::Launcher};
use agent_runner_local::docker_launcher::{DockerConfig, DockerLauncher, Limits};
use tempfile::TempDir;

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
