//! Secrets Manager keeps the port's promises.

use std::sync::Arc;

use agent_runner_aws::secret_source::SecretsManager;
use agent_runner_testkit::conformance::secret_source::Subject;

use super::site::Site;

async fn subject() -> Subject {
    let site = Site::new();
    let client = aws_sdk_secretsmanager::Client::new(&site.config);
    let (name, text) = ("ANTHROPIC_API_KEY", "sk-not-a-key");
    let kept = site.names.secret("anthropic-api-key");
    client.create_secret().name(kept).secret_string(text).send().await.unwrap();
    Subject { source: Arc::new(SecretsManager::new(client, site.names)), name, text }
}

agent_runner_testkit::secret_source_suite!((subject().await, ()));
