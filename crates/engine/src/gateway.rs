//! What workers may do that have no access of their own to the stores.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, RawJson,
    direct_link::{DirectLink, LinkPorts},
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{
        ArtifactInfo, ArtifactName, Assignment, CallKey, Charge, ChildOrder, ChildView,
        Instruction, LinkError, Ordered, Reserved, Secret, SpendAsk, Ticket, WorkerLink,
    },
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
        let link = LinkPorts {
            store: ports.store.clone(),
            artifacts: ports.artifacts.clone(),
            clock: ports.clock.clone(),
            ledger: ports.ledger.clone(),
            settings: ports.settings.clone(),
            children: Arc::new(self.engine.jobs().children()),
        };
        let direct = DirectLink::new(link, ticket);
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

    async fn reserve(&self, call: u32, ask: SpendAsk) -> Result<Reserved, LinkError> {
        self.direct.reserve(call, ask).await
    }

    async fn settle(&self, call: CallKey, charge: Charge) -> Result<(), LinkError> {
        self.direct.settle(call, charge).await
    }

    async fn record_step(&self, key: &str, value: RawJson) -> Result<(), LinkError> {
        self.direct.record_step(key, value).await
    }

    async fn steps(&self) -> Result<Vec<(String, RawJson)>, LinkError> {
        self.direct.steps().await
    }

    async fn setting(&self, name: &str) -> Result<Option<Secret>, LinkError> {
        self.direct.setting(name).await
    }

    async fn get_artifact(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, LinkError> {
        self.direct.get_artifact(job, name).await
    }

    async fn submit(&self, orders: Vec<ChildOrder>) -> Result<Vec<Ordered>, LinkError> {
        self.direct.submit(orders).await
    }

    async fn look(&self, jobs: Vec<JobId>) -> Result<Vec<Option<ChildView>>, LinkError> {
        self.direct.look(jobs).await
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
