//! S3 alone is away: heartbeats are answered, and a large result has no place.

use agent_runner_domain::{
    JobId, RawJson,
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{
        ArtifactInfo, ArtifactName, Assignment, CallKey, Charge, ChildOrder, ChildView,
        Instruction, LinkError, Ordered, Reserved, Secret, SpendAsk, WorkerLink,
    },
};
use async_trait::async_trait;
use tokio::time::Instant;

/// Until S3 is back.
pub(super) struct WithoutFiles(pub(super) Instant);

fn away<T>() -> Result<T, LinkError> {
    Err(LinkError::Unavailable("S3 is away".into()))
}

#[async_trait]
impl WorkerLink for WithoutFiles {
    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        Ok(Instruction::Continue)
    }

    async fn append(&self, _: u64, _: Vec<NewEvent>) -> Result<(), LinkError> {
        Ok(())
    }

    async fn finish(
        &self,
        _: Verdict,
        _: Option<RawJson>,
        _: u64,
        _: Vec<NewEvent>,
    ) -> Result<(), LinkError> {
        if Instant::now() < self.0 { away() } else { Ok(()) }
    }

    async fn start(&self, _: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        away()
    }

    async fn put_artifact(&self, _: &ArtifactName, _: Vec<u8>) -> Result<ArtifactInfo, LinkError> {
        away()
    }

    async fn get_artifact(&self, _: JobId, _: &ArtifactName) -> Result<Option<Vec<u8>>, LinkError> {
        away()
    }

    async fn reserve(&self, _: u32, _: SpendAsk) -> Result<Reserved, LinkError> {
        away()
    }

    async fn settle(&self, _: CallKey, _: Charge) -> Result<(), LinkError> {
        away()
    }

    async fn record_step(&self, _: &str, _: RawJson) -> Result<(), LinkError> {
        away()
    }

    async fn steps(&self) -> Result<Vec<(String, RawJson)>, LinkError> {
        away()
    }

    async fn setting(&self, _: &str) -> Result<Option<Secret>, LinkError> {
        away()
    }

    async fn submit(&self, _: Vec<ChildOrder>) -> Result<Vec<Ordered>, LinkError> {
        away()
    }

    async fn look(&self, _: Vec<JobId>) -> Result<Vec<Option<ChildView>>, LinkError> {
        away()
    }
}
