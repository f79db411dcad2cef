//! Files in a map.

use agent_runner_domain::{
    JobId,
    ports::{ArtifactError, ArtifactInfo, ArtifactKey, ArtifactStore},
};
use async_trait::async_trait;

use super::Gate;

pub(crate) struct GatedArtifacts {
    gate: Gate,
}

impl GatedArtifacts {
    pub(crate) fn new(gate: Gate) -> Self {
        Self { gate }
    }
}

fn info(key: &ArtifactKey, content: &[u8]) -> ArtifactInfo {
    let bytes = u64::try_from(content.len()).expect("a length fits");
    ArtifactInfo { name: key.name.clone(), attempt: key.attempt, bytes }
}

#[async_trait]
impl ArtifactStore for GatedArtifacts {
    async fn put(
        &self,
        key: &ArtifactKey,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, ArtifactError> {
        let write = async {
            let info = info(key, &content);
            self.gate.sim.world().artifacts.insert(key.clone(), content);
            info
        };
        self.gate.call("artifacts.put", write).await.map_err(ArtifactError)
    }

    async fn get(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, ArtifactError> {
        let read = async { self.gate.sim.world().artifacts.get(key).cloned() };
        self.gate.call("artifacts.get", read).await.map_err(ArtifactError)
    }

    async fn list(&self, job: JobId) -> Result<Vec<ArtifactInfo>, ArtifactError> {
        let read = async {
            let world = self.gate.sim.world();
            let own = world.artifacts.iter().filter(|(key, _)| key.job == job);
            own.map(|(key, content)| info(key, content)).collect()
        };
        self.gate.call("artifacts.list", read).await.map_err(ArtifactError)
    }

    async fn url(&self, _: &ArtifactKey) -> Result<Option<String>, ArtifactError> {
        Ok(None)
    }
}
