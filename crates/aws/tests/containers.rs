//! The launcher keeps the port's promises with an emulator's ECS and real containers.
//!
//! `scripts/test-docker` makes the image of the stand-in for a worker, starts the emulator and runs this. Three rules
//! are left out that say that a stopped worker has its grace and that nobody waits for it: this emulator's `StopTask`
//! says that a task is over before its container is. They are held to in `tests/ecs`.

#![expect(clippy::unwrap_used, reason = "what makes a subject is part of each test")]

use std::{sync::Arc, time::Duration};

use agent_runner_aws::{
    Names, clients,
    launcher::{EcsLauncher, LauncherConfig, SIZES, WORKER},
};
use agent_runner_domain::job::{Architecture, Terms};
use agent_runner_testkit::conformance::launcher::{Subject, adopting, launching, stopping};
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_ecs::{
    Client,
    types::{ContainerDefinition, NetworkMode},
};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};

const ARCHITECTURE: Architecture = Architecture::X86_64;

#[expect(clippy::disallowed_methods, reason = "emulator and image are the test's surroundings")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run scripts/test-docker"))
}

fn sdk() -> SdkConfig {
    let keys = Credentials::new("test", "test", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(variable("AGENT_RUNNER_TEST_AWS"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .http_client(clients::http())
        .retry_config(RetryConfig::standard())
        .build()
}

/// A cluster of its own, with a family whose worker is the stand-in.
async fn subject() -> Subject {
    let (ecs, names) = (Client::new(&sdk()), Names::new(format!("t-{:016x}", fastrand::u64(..))));
    ecs.create_cluster().cluster_name(names.cluster()).send().await.unwrap();
    let worker = ContainerDefinition::builder().name(WORKER);
    let worker = worker.image(variable("AGENT_RUNNER_TEST_IMAGE")).build();
    ecs.register_task_definition()
        .family(names.worker_family(SIZES[0].name, ARCHITECTURE.as_str()))
        .network_mode(NetworkMode::None)
        .container_definitions(worker)
        .send()
        .await
        .unwrap();
    let launcher = || {
        let config = LauncherConfig {
            subnets: vec!["subnet-a".into()],
            max_running: Some(2),
            architecture: ARCHITECTURE,
            look_every: Duration::from_millis(200),
            terms: Terms::default(),
            ..LauncherConfig::default()
        };
        Arc::new(EcsLauncher::new(ecs.clone(), &names, config, None))
    };
    Subject { launcher: launcher(), again: launcher() }
}

macro_rules! rules {
    ($($topic:ident: $($rule:ident)+;)+) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $rule() {
            $topic::$rule(subject().await).await;
        }
    )+)+};
}

rules! {
    launching:
        a_launch_runs_and_its_end_is_told
        how_it_ended_is_evidence
        a_key_is_launched_once
        a_key_is_launched_once_even_after_its_end
        answers_come_in_the_order_of_the_orders
        what_does_not_fit_is_refused_for_want_of_room
        a_freed_slot_is_told
        nothing_waits_longer_than_it_says;
    stopping:
        a_repeated_stop_changes_nothing
        what_is_gone_is_said_to_be_gone
        views_come_in_the_order_of_the_launches;
    adopting:
        an_adopted_launch_takes_a_slot_and_its_end_is_told
        a_launch_that_ended_before_its_adoption_is_told;
}
