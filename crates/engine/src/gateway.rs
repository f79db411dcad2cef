//! What workers may do that have no access of their own to the stores.

use agent_runner_domain::{
    RawJson,
    direct_link::DirectLink,
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{ArtifactInfo, ArtifactName, Assignment, Instruction, LinkError, Ticket, WorkerLink},
};
use async_trait::async_trait;

use crate::Engine;

/// Hands out links.
#[derive(Clone)]
pub struct Gateway {
    engine: Engine,
}

/// A [`DirectLink`] that lets this process know of what was said.
pub struct GatewayLink {
    engine: Engine,
    ticket: Ticket,
    direct: DirectLink,
}

impl Gateway {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// The ticket's lease is the credential: it is checked by every call.
    #[must_use]
    pub fn link(&self, ticket: Ticket) -> GatewayLink {
        let ports = &self.engine.ports;
        let direct = DirectLink::new(
            ports.store.clone(),
            ports.artifacts.clone(),
            ports.clock.clone(),
            ticket,
        );
        GatewayLink { engine: self.engine.clone(), ticket, direct }
    }
}

impl GatewayLink {
    /// Events and results are news for whoever waits for the job here.
    fn tell(&self) {
        self.engine.wakeups.changed(self.ticket.key.job);
    }
}

#[async_trait]
impl WorkerLink for GatewayLink {
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        let assignment = self.direct.start(launch).await?;
        self.tell();
        Ok(assignment)
    }

    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        self.direct.heartbeat().await
    }

    async fn append(&self, first: u64, events: Vec<NewEvent>) -> Result<(), LinkError> {
        self.direct.append(first, events).await?;
        self.tell();
        Ok(())
    }

    async fn put_artifact(
        &self,
        name: &ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, LinkError> {
        self.direct.put_artifact(name, content).await
    }

    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError> {
        let step = self.direct.finish_step(verdict, result, first, events).await?;
        if let Some(step) = step {
            self.engine.announce(&step.job, step.effects);
            self.engine.send_announced().await;
        }
        Ok(())
    }
}
