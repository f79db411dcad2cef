//! The configuration, before AWS is asked.

use agent_runner_aws::table;

use crate::installation::Installation;

#[tokio::test]
async fn each_fault_of_the_configuration_is_named_with_its_variable() {
    let installation = Installation::new().await;
    for (variable, value, wanted) in [
        ("AGENT_RUNNER_NAME", "No Name", "AGENT_RUNNER_NAME"),
        ("AGENT_RUNNER_BUCKET", "", "AGENT_RUNNER_BUCKET is not set"),
        ("AGENT_RUNNER_SUBNETS", "vpc-1", "subnet-"),
        ("AGENT_RUNNER_SECURITY_GROUPS", "", "AGENT_RUNNER_SECURITY_GROUPS is not set"),
        ("AGENT_RUNNER_NAME", "not-installed", "`not-installed` does not exist"),
        ("AGENT_RUNNER_BUCKET", "not-made", "the bucket `not-made` does not exist"),
        ("AGENT_RUNNER_BUCKET", "not-made", "set AGENT_RUNNER_BUCKET to"),
        ("AGENT_RUNNER_LISTEN", "0.0.0.0:0", "api-keys"),
    ] {
        let words = installation.refusal(&[(variable, value)]);
        assert!(words.contains(wanted), "{variable}={value}: {words}");
    }
}

#[tokio::test]
async fn keys_that_are_kept_as_a_secret_are_asked_for() {
    let installation = Installation::new().await;
    let key = agent_runner_orchestrator::program::new_key(
        "test",
        "default".parse().unwrap(),
        vec![agent_runner_orchestrator::program::Scope::Read],
    );
    let entry = serde_json::to_string(&key.entry).unwrap();
    installation.keep_secret("api-keys", &format!("{entry}\n")).await;
    let orchestrator = installation.orchestrator_with(&[("AGENT_RUNNER_LISTEN", "0.0.0.0:0")]);
    let url = orchestrator.client.url().replace("0.0.0.0", "127.0.0.1");
    let ask = async |key: Option<&str>| {
        let key = key.map(|key| agent_runner_client::api::ApiKey::new(key).unwrap());
        let client = agent_runner_client::api::Client::new(&url, key.as_ref()).unwrap();
        client.jobs(&agent_runner_client::api::Filter::default(), None).await
    };
    assert!(ask(None).await.is_err());
    assert!(ask(Some(&key.key)).await.is_ok());
    assert_eq!(
        installation.names().table().len(),
        18,
        "a table of its own, of schema {}",
        table::SCHEMA
    );
}
