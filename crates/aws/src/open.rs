//! One installation, and all adapters on it.

use std::sync::Arc;

use agent_runner_domain::ports::{Clock, LauncherError, QueueError};
use aws_config::SdkConfig;

use crate::{
    Names,
    artifact_store::S3Artifacts,
    clients, clock,
    fault::Fault,
    job_store::DynamoJobStore,
    large_objects::LargeObjects,
    launcher::{EcsLauncher, LauncherConfig},
    ledger::DynamoLedger,
    quotas::{self, Quotas},
    secret_source::SecretsManager,
    subnets::{self, Subnet},
    table,
    table::TableError,
    task_events::TaskEvents,
    work_queue::SqsWorkQueue,
};

/// Where an installation is and what it is called. Opening an adapter is cheap; they share their connections.
#[derive(Debug, Clone)]
pub struct Aws {
    sdk: SdkConfig,
    names: Names,
    bucket: String,
}

/// The SDK has found no region in the environment or in a profile.
#[derive(Debug, thiserror::Error)]
#[error(
    "no AWS region is set: set AWS_REGION to the one that the installation is in, such as eu-west-1"
)]
pub struct NoRegion;

impl Aws {
    /// Asks nobody: whether the installation is there shows with the first call.
    ///
    /// # Errors
    /// When it is not known which region is meant.
    pub async fn find(names: Names, bucket: String) -> Result<Self, NoRegion> {
        Self::at(clients::sdk_config().await, names, bucket)
    }

    /// The same by way of `sdk`.
    ///
    /// # Errors
    /// When that does not say which region is meant.
    pub fn at(sdk: SdkConfig, names: Names, bucket: String) -> Result<Self, NoRegion> {
        // A variable that is set to nothing is not set.
        if sdk.region().is_none_or(|region| region.as_ref().is_empty()) {
            return Err(NoRegion);
        }
        Ok(Self { sdk, names, bucket })
    }

    #[must_use]
    pub fn names(&self) -> &Names {
        &self.names
    }

    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    #[must_use]
    pub fn region(&self) -> &str {
        self.sdk.region().map_or("", |region| region.as_ref())
    }

    /// What calls are made with.
    #[must_use]
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Whether this machine and AWS agree on the time, which jobs go by.
    ///
    /// # Errors
    /// When they do not, or when the table, which is asked, cannot be reached.
    pub async fn check_clock(&self) -> Result<(), Fault> {
        clock::check(&self.dynamodb(), &self.names.table()).await
    }

    /// # Errors
    /// When the table cannot be reached, does not exist or is of another schema.
    pub async fn check_table(&self) -> Result<(), TableError> {
        table::check(&self.dynamodb(), &self.names.table()).await
    }

    /// The same as far as a worker may look: whether items are written by the same rules.
    ///
    /// # Errors
    /// When the table cannot be reached, does not exist or is of another schema.
    pub async fn check_schema(&self) -> Result<(), TableError> {
        table::check_schema(&self.dynamodb(), &self.names.table()).await
    }

    #[must_use]
    pub fn job_store(&self) -> DynamoJobStore {
        let large = LargeObjects::new(clients::s3(&self.sdk), self.bucket.clone());
        DynamoJobStore::new(self.dynamodb(), self.names.table(), large)
    }

    #[must_use]
    pub fn ledger(&self) -> DynamoLedger {
        DynamoLedger::new(self.dynamodb(), self.names.table())
    }

    #[must_use]
    pub fn artifacts(&self) -> S3Artifacts {
        S3Artifacts::new(clients::s3(&self.sdk), self.bucket.clone())
    }

    #[must_use]
    pub fn secrets(&self) -> SecretsManager {
        let client = aws_sdk_secretsmanager::Client::new(&self.sdk);
        SecretsManager::new(client, self.names.clone())
    }

    /// # Errors
    /// Names the queue that is missing.
    pub async fn work_queue(&self, clock: Arc<dyn Clock>) -> Result<SqsWorkQueue, QueueError> {
        SqsWorkQueue::open(aws_sdk_sqs::Client::new(&self.sdk), &self.names, clock).await
    }

    /// # Errors
    /// When the queue for news of tasks is missing.
    pub async fn launcher(&self, config: LauncherConfig) -> Result<EcsLauncher, LauncherError> {
        let events = TaskEvents::open(aws_sdk_sqs::Client::new(&self.sdk), &self.names).await?;
        let ecs = aws_sdk_ecs::Client::new(&self.sdk);
        Ok(EcsLauncher::new(ecs, &self.names, config, Some(events)))
    }

    /// What the account may run on Fargate at once.
    ///
    /// # Errors
    /// When this identity may not ask, or nobody answers.
    pub async fn quotas(&self) -> Result<Quotas, Fault> {
        quotas::of_fargate(&self.sdk).await
    }

    /// The subnets that have these ids.
    ///
    /// # Errors
    /// When one does not exist, this identity may not ask, or nobody answers.
    pub async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, Fault> {
        subnets::describe(&self.sdk, ids).await
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk)
    }
}
