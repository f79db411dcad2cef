//! The files that a job left.

use agent_runner_api_types::{ArtifactView, job::ArtifactList};
use agent_runner_domain::JobId;
use reqwest::{Method, Response};

use super::{ApiError, Client};

/// A file on its way; its parts come in order.
#[derive(Debug)]
pub struct Download {
    client: Client,
    response: Response,
}

impl Client {
    /// # Errors
    /// Any [`ApiError`].
    pub async fn artifacts(&self, id: JobId) -> Result<Vec<ArtifactView>, ApiError> {
        let request = self.get(&format!("jobs/{id}/artifacts"), &[]);
        let list: ArtifactList = self.json(request).await?;
        Ok(list.artifacts)
    }

    /// # Errors
    /// Any [`ApiError`].
    pub async fn download(&self, artifact: &ArtifactView) -> Result<Download, ApiError> {
        let request = self.request(Method::GET, &artifact.link, &[]);
        let response = self.send(request.header("accept", "*/*")).await?;
        Ok(Download { client: self.clone(), response })
    }
}

impl Download {
    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// [`ApiError::Unreachable`] when the connection broke.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, ApiError> {
        self.response.chunk().await.map_err(|error| self.client.unreachable(&error))
    }
}
