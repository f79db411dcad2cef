//! An installation of its own for each test, on the emulator.

use agent_runner_aws::{BANDS, Names, clients, table};
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_sqs::types::QueueAttributeName;

/// Names that nobody else has, and how to reach the emulator.
pub(crate) struct Site {
    pub(crate) config: SdkConfig,
    pub(crate) names: Names,
}

impl Site {
    /// The emulator that `AGENT_RUNNER_TEST_AWS` names.
    #[expect(clippy::disallowed_methods, reason = "the emulator is the test's surroundings")]
    pub(crate) fn new() -> Self {
        let endpoint = std::env::var("AGENT_RUNNER_TEST_AWS").expect(
            "AGENT_RUNNER_TEST_AWS names no emulator of AWS: `scripts/test-aws` starts one and runs these tests",
        );
        Self::at(&endpoint)
    }

    /// Another way to the emulator, such as a proxy in front of it.
    pub(crate) fn at(endpoint: &str) -> Self {
        let keys = Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(clients::http())
            .retry_config(RetryConfig::standard())
            .build();
        let name = format!("t-{:016x}", fastrand::u64(..));
        Self { config, names: Names::new(name) }
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.config)
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        clients::s3(&self.config)
    }

    /// The table, made and checked; its name.
    pub(crate) async fn make_table(&self) -> String {
        let name = self.names.table();
        table::create(&self.dynamodb(), &name).await.unwrap();
        name
    }

    /// The bucket, made; its name.
    pub(crate) async fn make_bucket(&self) -> String {
        let name = self.names.table();
        self.s3().create_bucket().bucket(&name).send().await.unwrap();
        name
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// The work queues, with their dead letters, and the one for news of tasks.
    pub(crate) async fn make_queues(&self) {
        let sqs = self.sqs();
        let dead_letters = self.make_queue(&self.names.dead_letters()).await;
        let target = sqs.get_queue_attributes().queue_url(dead_letters);
        let target = target.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
        let arn = &target.attributes.unwrap()[&QueueAttributeName::QueueArn];
        let redrive = format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"100"}}"#);
        for band in BANDS {
            let url = self.make_queue(&self.names.work_queue(band)).await;
            let call = sqs.set_queue_attributes().queue_url(url);
            call.attributes(QueueAttributeName::RedrivePolicy, &redrive).send().await.unwrap();
        }
        self.make_queue(&self.names.task_events()).await;
    }

    async fn make_queue(&self, name: &str) -> String {
        let answer = self.sqs().create_queue().queue_name(name).send().await.unwrap();
        answer.queue_url.unwrap()
    }
}
