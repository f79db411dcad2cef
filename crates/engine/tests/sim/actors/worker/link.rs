//! How a worker reaches the stores: by itself, or through whichever orchestrator answers.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, RawJson,
    direct_children::{ChildPorts, DirectChildren},
    direct_link::{DirectLink, LinkPorts},
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{
        ArtifactInfo, ArtifactName, Assignment, CallKey, Charge, ChildOrder, ChildView,
        Instruction, LinkError, Ordered, Reserved, Secret, SpendAsk, Ticket, WorkerLink,
    },
};
use agent_runner_engine::{Engine, gateway::GatewayLink};
use async_trait::async_trait;

use crate::{
    actors::request::ask,
    ports::{self, Gate, GatedArtifacts, GatedLedger, GatedStore},
    schedule::ProcessId,
    world::Sim,
};

pub(super) fn of(sim: &Sim, process: ProcessId, ticket: Ticket) -> Box<dyn WorkerLink> {
    let direct = sim.world().rng.bool();
    if direct {
        sim.world().ledger.direct.insert(ticket.key);
    }
    if !direct {
        return Box::new(ThroughGateway { sim: sim.clone(), ticket });
    }
    let gate = Gate::new(sim, process);
    let own = LinkPorts {
        store: Arc::new(GatedStore::new(gate.clone())),
        artifacts: Arc::new(GatedArtifacts::new(gate.clone())),
        clock: Arc::new(sim.clock(process)),
        ledger: Arc::new(GatedLedger::new(gate)),
        settings: ports::settings(),
        children: Arc::new(children(sim, process)),
    };
    Box::new(DirectLink::new(own, ticket))
}

/// A worker judges payloads by the code that will read them, and these are read by anybody.
fn children(sim: &Sim, process: ProcessId) -> DirectChildren {
    let own = ports::of(sim, process);
    let own = ChildPorts {
        store: own.store,
        queue: own.queue,
        ledger: own.ledger,
        clock: own.clock,
        ids: own.ids,
    };
    DirectChildren::new(own, Arc::new(|_, _| Vec::new()))
}

struct ThroughGateway {
    sim: Sim,
    ticket: Ticket,
}

impl ThroughGateway {
    async fn ask<T, F>(&self, call: impl FnOnce(GatewayLink) -> F) -> Result<T, LinkError>
    where
        F: Future<Output = Result<T, LinkError>> + Send,
    {
        let ticket = self.ticket;
        let asked = ask(&self.sim, |engine: Engine| call(engine.gateway().link(ticket)));
        let nobody = || LinkError::Unavailable("no orchestrator answers".to_owned());
        asked.await.unwrap_or_else(|| Err(nobody()))
    }
}

#[async_trait]
impl WorkerLink for ThroughGateway {
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        self.ask(|link| async move { link.start(launch).await }).await
    }

    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        self.ask(|link| async move { link.heartbeat().await }).await
    }

    async fn append(&self, first: u64, events: Vec<NewEvent>) -> Result<(), LinkError> {
        self.ask(|link| async move { link.append(first, events).await }).await
    }

    async fn put_artifact(
        &self,
        name: &ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, LinkError> {
        self.ask(|link| async move { link.put_artifact(name, content).await }).await
    }

    async fn reserve(&self, call: u32, ask: SpendAsk) -> Result<Reserved, LinkError> {
        self.ask(|link| async move { link.reserve(call, ask).await }).await
    }

    async fn settle(&self, call: CallKey, charge: Charge) -> Result<(), LinkError> {
        self.ask(|link| async move { link.settle(call, charge).await }).await
    }

    async fn record_step(&self, key: &str, value: RawJson) -> Result<(), LinkError> {
        self.ask(|link| async move { link.record_step(key, value).await }).await
    }

    async fn steps(&self) -> Result<Vec<(String, RawJson)>, LinkError> {
        self.ask(|link| async move { link.steps().await }).await
    }

    async fn setting(&self, name: &str) -> Result<Option<Secret>, LinkError> {
        self.ask(|link| async move { link.setting(name).await }).await
    }

    async fn get_artifact(
        &self,
        job: JobId,
        name: &ArtifactName,
    ) -> Result<Option<Vec<u8>>, LinkError> {
        self.ask(|link| async move { link.get_artifact(job, name).await }).await
    }

    async fn submit(&self, orders: Vec<ChildOrder>) -> Result<Vec<Ordered>, LinkError> {
        self.ask(|link| async move { link.submit(orders).await }).await
    }

    async fn look(&self, jobs: Vec<JobId>) -> Result<Vec<Option<ChildView>>, LinkError> {
        self.ask(|link| async move { link.look(jobs).await }).await
    }

    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError> {
        self.ask(|link| async move { link.finish(verdict, result, first, events).await }).await
    }
}
