//! What is missing is said when the launcher is opened, not when the first job fails.

use agent_runner_local::docker_launcher::{DockerConfig, DockerError, DockerLauncher};

use crate::site::Site;

async fn refusal(config: DockerConfig) -> DockerError {
    match DockerLauncher::open(config).await {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn an_image_that_is_not_there_is_named_with_what_to_do() {
    let mut config = Site::new().config;
    config.image = "agent-runner-worker:nowhere".to_owned();
    let error = refusal(config).await;
    assert!(matches!(error, DockerError::NoImage(_)), "{error}");
    let message = error.to_string();
    assert!(message.contains("agent-runner-worker:nowhere") && message.contains("docker pull"));
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_named_with_what_to_do() {
    let mut config = Site::new().config;
    config.socket = "/nowhere/docker.sock".into();
    let message = refusal(config).await.to_string();
    assert!(message.contains("/nowhere/docker.sock") && message.contains("--docker-socket"));
}
