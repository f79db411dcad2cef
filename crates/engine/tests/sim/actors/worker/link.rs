//! How a worker reaches the stores: by itself, or through whichever orchestrator answers.

use std::sync::Arc;

use agent_runner_domain::{
    JobId, RawJson,
    direct_link::{DirectLink, LinkPorts},
    event::NewEvent,
    job::{Job, LaunchRef, Verdict},
    ports::{
        ArtifactInfo, ArtifactName, Assignment, CallKey, Charge, ChildOrder, ChildView, Children,
        ChildrenError, Instruction, LinkError, Ordered, Reserved, Secret, SpendAsk, Ticket,
        WorkerLink,
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
        children: Arc::new(Elsewhere(sim.clone())),
    };
    Box::new(DirectLink::new(own, ticket))
}

/// Jobs are taken in by orchestrators only.
struct Elsewhere(Sim);

#[async_trait]
impl Children for Elsewhere {
    async fn submit(
        &self,
        parent: &Job,
        orders: Vec<ChildOrder>,
    ) -> Result<Vec<Ordered>, ChildrenError> {
        let parent = parent.clone();
        let asked = ask(&self.0, |engine| async move {
            Children::submit(&engine.jobs(), &parent, orders).await
        });
        asked.await.unwrap_or_else(|| Err(ChildrenError("no orchestrator answers".to_owned())))
    }

    async fn look(
        &self,
        of: &Job,
        jobs: &[JobId],
    ) -> Result<Vec<Option<ChildView>>, ChildrenError> {
        let (of, jobs) = (of.clone(), jobs.to_vec());
        let asked = ask(&self.0, |engine| async move { engine.jobs().look(&of, &jobs).await });
        asked.await.unwrap_or_else(|| Err(ChildrenError("no orchestrator answers".to_owned())))
    }
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
