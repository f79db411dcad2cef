//! The launcher keeps the port's promises with an emulator's ECS and real containers of the worker's image.
//!
//! `scripts/test-docker` makes that image, starts the emulator and runs this. What the emulator does unlike AWS when a
//! task is to stop is mended on the way to it (`scripts/lib/emulator_stops.py`).

#![expect(clippy::unwrap_used, reason = "what makes a subject is part of each test")]

#[path = "../emulator/site.rs"]
#[expect(dead_code, reason = "nothing goes through queues here")]
mod site;
mod workers;

use std::{sync::Arc, time::Duration};

use agent_runner_aws::launcher::{EcsLauncher, LauncherConfig, SIZES, WORKER};
use agent_runner_domain::job::{Architecture, Terms};
use agent_runner_testkit::conformance::launcher::Subject;
use aws_sdk_ecs::{
    Client,
    types::{ContainerDefinition, KeyValuePair, NetworkMode},
};

use self::{site::Site, workers::RealWorkers};

const ARCHITECTURE: Architecture = Architecture::X86_64;

#[expect(clippy::disallowed_methods, reason = "emulator and image are the test's surroundings")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test-docker"))
}

/// An installation of its own, as far as workers need one.
async fn subject() -> (Subject, ()) {
    let site = Site::new();
    site.make_table().await;
    let bucket = site.make_bucket().await;
    let ecs = Client::new(&Site::at(&variable("AGENT_RUNNER_TEST_ECS")).config);
    ecs.create_cluster().cluster_name(site.names.cluster()).send().await.unwrap();
    make_family(&ecs, &site, &bucket).await;
    let launcher = || {
        let config = LauncherConfig {
            subnets: vec!["subnet-a".into()],
            max_running: Some(2),
            architecture: ARCHITECTURE,
            look_every: Duration::from_millis(200),
            terms: Terms::default(),
            ..LauncherConfig::default()
        };
        Arc::new(EcsLauncher::new(ecs.clone(), &site.names, config, None))
    };
    let workers = Box::new(RealWorkers::new(&site, bucket));
    (Subject { launcher: launcher(), again: launcher(), workers }, ())
}

async fn make_family(ecs: &Client, site: &Site, bucket: &str) {
    let variables = [
        ("AWS_ENDPOINT_URL", site.config.endpoint_url().unwrap()),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AGENT_RUNNER_BACKEND", "aws"),
        ("AGENT_RUNNER_NAME", &site.names.table()),
        ("AGENT_RUNNER_BUCKET", bucket),
    ];
    let pair =
        |(name, value): (&str, &str)| KeyValuePair::builder().name(name).value(value).build();
    let worker = ContainerDefinition::builder().name(WORKER);
    let worker = worker.image(variable("AGENT_RUNNER_TEST_WORKER_IMAGE"));
    let worker = worker.set_environment(Some(variables.map(pair).to_vec()));
    ecs.register_task_definition()
        .family(site.names.worker_family(SIZES[0].name, ARCHITECTURE.as_str()))
        // The emulator listens on this machine only.
        .network_mode(NetworkMode::Host)
        .container_definitions(worker.build())
        .send()
        .await
        .unwrap();
}

agent_runner_testkit::launcher_suite!(subject().await);
