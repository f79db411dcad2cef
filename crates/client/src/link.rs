//! A worker's link to its orchestrator, over HTTP.
//!
//! It speaks plain HTTP/1.1 over a Unix socket or TCP and keeps its connections. It is on the path of every job,
//! so it does without a connector, TLS and pools of other crates and starts in microseconds.

mod address;
mod connection;

use agent_runner_api_types::worker as wire;
use agent_runner_domain::{
    RawJson,
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{ArtifactInfo, ArtifactName, Assignment, Instruction, LinkError, Ticket, WorkerLink},
};
use async_trait::async_trait;
use hyper::{Method, Request, StatusCode, body::Bytes, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

pub use agent_runner_api_types::worker::{ARTIFACT_BYTES_MAX, RESULT_BYTES_MAX};

pub use self::address::{AddressError, LinkAddress};
use self::connection::{Answer, Connections};

/// All of a name but `/`, which the path keeps, and what reads well as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// A [`WorkerLink`] through an orchestrator's gateway.
pub struct GatewayLink {
    connections: Connections,
    authorization: String,
    ticket: Ticket,
}

impl GatewayLink {
    /// Connects with the first call.
    #[must_use]
    pub fn new(address: LinkAddress, ticket: Ticket) -> Self {
        Self {
            connections: Connections::new(address),
            authorization: format!("Bearer {}", ticket.lease.reveal()),
            ticket,
        }
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, LinkError> {
        let json = serde_json::to_vec(body).map_err(|error| {
            LinkError::Refused(format!("it cannot be written as JSON: {error}"))
        })?;
        self.send(Method::POST, path, "application/json", json.into()).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &'static str,
        body: Bytes,
    ) -> Result<Answer, LinkError> {
        let request = || {
            Request::builder()
                .method(method.clone())
                .uri(path)
                .header(header::HOST, self.connections.host())
                .header(header::AUTHORIZATION, &self.authorization)
                .header(header::CONTENT_TYPE, content_type)
                .header(wire::JOB_ID_HEADER, self.ticket.key.job.to_string())
                .header(wire::ATTEMPT_HEADER, self.ticket.key.attempt)
                .body(body.clone().into())
                .expect("each part is a valid one")
        };
        match self.connections.ask(request).await {
            Ok(answer) => judge(answer),
            Err(_) if self.connections.is_gone() => Err(LinkError::LeaseLost),
            Err(reason) => Err(LinkError::Unavailable(reason)),
        }
    }
}

fn judge(answer: Answer) -> Result<Answer, LinkError> {
    match answer.status {
        status if status.is_success() => Ok(answer),
        StatusCode::CONFLICT => Err(LinkError::LeaseLost),
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Err(LinkError::Refused(answer.detail())),
        status => Err(LinkError::Unavailable(format!("{status}: {}", answer.detail()))),
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, LinkError> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| LinkError::Unavailable(format!("the answer makes no sense: {error}")))
}

#[async_trait]
impl WorkerLink for GatewayLink {
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        read(&self.post(wire::START, &wire::StartRequest { launch }).await?)
    }

    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        let answer = self.post(wire::HEARTBEAT, &wire::HeartbeatRequest {}).await?;
        Ok(match read::<wire::HeartbeatAnswer>(&answer)?.instruction {
            wire::WorkerInstruction::Continue => Instruction::Continue,
            wire::WorkerInstruction::Stop => Instruction::Stop,
        })
    }

    async fn append(&self, first: u64, events: Vec<NewEvent>) -> Result<(), LinkError> {
        self.post(wire::EVENTS, &wire::EventsRequest { first, events }).await.map(drop)
    }

    async fn put_artifact(
        &self,
        name: &ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, LinkError> {
        let path = format!("{}/{}", wire::ARTIFACTS, utf8_percent_encode(name.as_str(), ENCODED));
        let stored = self.send(Method::PUT, &path, "application/octet-stream", content.into());
        read(&stored.await?)
    }

    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError> {
        let last_word = wire::FinishRequest { verdict, result, first, events };
        self.post(wire::FINISH, &last_word).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use agent_runner_domain::{JobId, Lease, ports::LaunchKey};

    use super::*;

    fn link(socket: &std::path::Path) -> GatewayLink {
        let key = LaunchKey { job: JobId::from_u128(1), attempt: 1 };
        let ticket = Ticket { key, lease: Lease::from_u128(2) };
        GatewayLink::new(format!("unix:{}", socket.display()).parse().unwrap(), ticket)
    }

    #[tokio::test]
    async fn an_orchestrator_that_is_down_may_come_back_but_not_without_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let link = link(&folder.path().join("worker.sock"));
        assert!(matches!(link.heartbeat().await, Err(LinkError::Unavailable(_))));
        folder.close().unwrap();
        assert!(matches!(link.heartbeat().await, Err(LinkError::LeaseLost)));
    }
}
