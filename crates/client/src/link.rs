//! A worker's link to its orchestrator, over HTTP.
//!
//! It speaks plain HTTP/1.1 over a Unix socket or TCP and keeps its connections. It is on the path of every job,
//! so it does without a connector, TLS and pools of other crates and starts in microseconds.

mod address;
mod connection;

use agent_runner_api_types::worker as wire;
use agent_runner_domain::{
    JobId, RawJson,
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{
        ArtifactInfo, ArtifactName, Assignment, CallKey, Charge, ChildOrder, ChildView,
        Instruction, LinkError, Ordered, Reserved, Secret, SpendAsk, Ticket, WorkerLink,
    },
};
use async_trait::async_trait;
use hyper::{Method, Request, StatusCode, body::Bytes, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

pub use agent_runner_api_types::worker::{ARTIFACT_BYTES_MAX, RESULT_BYTES_MAX};

pub use self::address::{AddressError, LinkAddress};
use self::connection::{Answer, Connections};

/// All of a name but `/`, which the path keeps, and what reads well as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// The way to an orchestrator, of a worker that may not have an order yet.
pub struct Gateway(Connections);

impl Gateway {
    /// Connects with the first call.
    #[must_use]
    pub fn new(address: LinkAddress) -> Self {
        Self(Connections::new(address))
    }

    /// Connects before there is anything to say. If it cannot, the first call will try again and tell.
    pub async fn connect(&self) {
        self.0.open_ahead().await;
    }

    #[must_use]
    pub fn link(self, ticket: Ticket) -> GatewayLink {
        let authorization = format!("Bearer {}", ticket.lease.reveal());
        GatewayLink { connections: self.0, authorization, ticket }
    }
}

/// A [`WorkerLink`] through an orchestrator's gateway.
pub struct GatewayLink {
    connections: Connections,
    authorization: String,
    ticket: Ticket,
}

impl GatewayLink {
    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, LinkError> {
        let json = serde_json::to_vec(body).map_err(|error| {
            LinkError::Refused(format!("it cannot be written as JSON: {error}"))
        })?;
        self.send(Method::POST, path, "application/json", json.into()).await
    }

    /// Asks `path`, and reads the answer.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, LinkError> {
        read(&self.post(path, body).await?)
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

fn encoded(name: &ArtifactName) -> PercentEncode<'_> {
    utf8_percent_encode(name.as_str(), ENCODED)
}

#[async_trait]
impl WorkerLink for GatewayLink {
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        self.ask(wire::START, &wire::StartRequest { launch }).await
    }

    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        let answer: wire::HeartbeatAnswer =
            self.ask(wire::HEARTBEAT, &wire::HeartbeatRequest {}).await?;
        Ok(match answer.instruction {
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
        let path = format!("{}/{}", wire::ARTIFACTS, encoded(name));
        let stored = self.send(Method::PUT, &path, "application/octet-stream", content.into());
        read(&stored.await?)
    }

    async fn reserve(&self, call: u32, ask: SpendAsk) -> Result<Reserved, LinkError> {
        self.ask(wire::RESERVE, &wire::ReserveRequest { call, ask }).await
    }

    async fn settle(&self, call: CallKey, charge: Charge) -> Result<(), LinkError> {
        self.post(wire::SETTLE, &wire::SettleRequest { call, charge }).await.map(drop)
    }

    async fn record_step(&self, key: &str, value: RawJson) -> Result<(), LinkError> {
        let step = wire::RecordStepRequest { key: key.to_owned(), value };
        self.post(wire::RECORD_STEP, &step).await.map(drop)
    }

    async fn steps(&self) -> Result<Vec<(String, RawJson)>, LinkError> {
        self.ask(wire::STEPS, &wire::StepsRequest {}).await
    }

    async fn setting(&self, name: &str) -> Result<Option<Secret>, LinkError> {
        let asked = wire::SettingRequest { name: name.to_owned() };
        let answer = self.post(wire::SETTING, &asked).await?;
        // What is wrong with the answer is not told: an error could quote the secret.
        let answer: wire::SettingAnswer = serde_json::from_slice(&answer.body)
            .map_err(|_| LinkError::Unavailable("the answer makes no sense".to_owned()))?;
        Ok(answer.value.map(Secret::new))
    }

    async fn get_artifact(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, LinkError> {
        let path = format!("{}/{job}/{}", wire::FILES, encoded(name));
        let found = self.send(Method::GET, &path, "application/octet-stream", Bytes::new()).await?;
        Ok((found.status != StatusCode::NO_CONTENT).then(|| found.body.into()))
    }

    async fn submit(&self, orders: Vec<ChildOrder>) -> Result<Vec<Ordered>, LinkError> {
        self.ask(wire::SUBMIT, &wire::SubmitRequest { orders }).await
    }

    async fn look(&self, jobs: Vec<JobId>) -> Result<Vec<Option<ChildView>>, LinkError> {
        self.ask(wire::LOOK, &wire::LookRequest { jobs }).await
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
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{UnixListener, UnixStream},
    };

    use super::*;

    fn gateway(folder: &tempfile::TempDir) -> (Gateway, std::path::PathBuf) {
        let socket = folder.path().join("worker.sock");
        (Gateway::new(format!("unix:{}", socket.display()).parse().unwrap()), socket)
    }

    fn ticket() -> Ticket {
        let key = LaunchKey { job: JobId::from_u128(1), attempt: 1 };
        Ticket { key, lease: Lease::from_u128(2) }
    }

    #[tokio::test]
    async fn an_orchestrator_that_is_down_may_come_back_but_not_without_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (gateway, _) = gateway(&folder);
        gateway.connect().await;
        let link = gateway.link(ticket());
        assert!(matches!(link.heartbeat().await, Err(LinkError::Unavailable(_))));
        folder.close().unwrap();
        assert!(matches!(link.heartbeat().await, Err(LinkError::LeaseLost)));
    }

    /// Answers one heartbeat.
    async fn answer(mut connection: UnixStream) {
        let mut head = [0; 4096];
        assert!(connection.read(&mut head).await.unwrap() > 0);
        let text = br#"{"instruction":"continue"}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", text.len());
        connection.write_all(&[head.as_bytes(), text].concat()).await.unwrap();
    }

    #[tokio::test]
    async fn a_connection_opened_ahead_is_used_and_not_missed_when_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (gateway, socket) = gateway(&folder);
        let orchestrator = UnixListener::bind(socket).unwrap();
        gateway.connect().await;
        let (ahead, _) = orchestrator.accept().await.unwrap();
        let link = gateway.link(ticket());
        let (beat, ()) = tokio::join!(link.heartbeat(), answer(ahead));
        assert_eq!(beat.unwrap(), Instruction::Continue);
        let (beat, ()) = tokio::join!(link.heartbeat(), async {
            answer(orchestrator.accept().await.unwrap().0).await;
        });
        assert_eq!(beat.unwrap(), Instruction::Continue);
    }
}
