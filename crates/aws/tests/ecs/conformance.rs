//! The launcher keeps the port's promises.

use std::sync::Arc;

use agent_runner_aws::launcher::LauncherConfig;
use agent_runner_testkit::conformance::launcher::Subject;

use super::fake::{Fake, config};

async fn subject() -> (Subject, Fake) {
    let fake = Fake::start().await;
    let launcher = || Arc::new(fake.launcher(LauncherConfig { max_running: Some(2), ..config() }));
    (Subject::new(launcher(), launcher()), fake)
}

agent_runner_testkit::launcher_suite!(subject().await);
