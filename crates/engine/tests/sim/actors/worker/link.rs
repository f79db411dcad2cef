//! How a worker reaches the stores: by itself, or through whichever orchestrator answers.

use std::sync::Arc;

use agent_runner_domain::{
    RawJson,
    direct_link::DirectLink,
    event::NewEvent,
    job::{LaunchRef, Verdict},
    ports::{ArtifactInfo, ArtifactName, Assignment, Instruction, LinkError, Ticket, WorkerLink},
};
use async_trait::async_trait;

use crate::{
    actors::request::ask,
    ports::{Gate, GatedArtifacts, GatedStore},
    schedule::ProcessId,
    world::Sim,
};

pub(super) fn of(sim: &Sim, process: ProcessId, ticket: Ticket) -> Box<dyn WorkerLink> {
    let direct = sim.world().rng.bool();
    if !direct {
        return Box::new(ThroughGateway { sim: sim.clone(), ticket });
    }
    let gate = Gate::new(sim, process);
    Box::new(DirectLink::new(
        Arc::new(GatedStore::new(gate.clone())),
        Arc::new(GatedArtifacts::new(gate)),
        Arc::new(sim.clock(process)),
        ticket,
    ))
}

struct ThroughGateway {
    sim: Sim,
    ticket: Ticket,
}

fn nobody() -> LinkError {
    LinkError::Unavailable("no orchestrator answers".to_owned())
}

#[async_trait]
impl WorkerLink for ThroughGateway {
    async fn start(&self, launch: Option<LaunchRef>) -> Result<Assignment, LinkError> {
        let ticket = self.ticket;
        let asked =
            ask(
                &self.sim,
                |engine| async move { engine.gateway().link(ticket).start(launch).await },
            );
        asked.await.unwrap_or_else(|| Err(nobody()))
    }

    async fn heartbeat(&self) -> Result<Instruction, LinkError> {
        let ticket = self.ticket;
        let asked =
            ask(&self.sim, |engine| async move { engine.gateway().link(ticket).heartbeat().await });
        asked.await.unwrap_or_else(|| Err(nobody()))
    }

    async fn append(&self, first: u64, events: Vec<NewEvent>) -> Result<(), LinkError> {
        let ticket = self.ticket;
        let asked = ask(&self.sim, |engine| async move {
            engine.gateway().link(ticket).append(first, events).await
        });
        asked.await.unwrap_or_else(|| Err(nobody()))
    }

    async fn put_artifact(
        &self,
        name: &ArtifactName,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, LinkError> {
        let ticket = self.ticket;
        let asked = ask(&self.sim, |engine| async move {
            engine.gateway().link(ticket).put_artifact(name, content).await
        });
        asked.await.unwrap_or_else(|| Err(nobody()))
    }

    async fn finish(
        &self,
        verdict: Verdict,
        result: Option<RawJson>,
        first: u64,
        events: Vec<NewEvent>,
    ) -> Result<(), LinkError> {
        let ticket = self.ticket;
        let asked = ask(&self.sim, |engine| async move {
            engine.gateway().link(ticket).finish(verdict, result, first, events).await
        });
        asked.await.unwrap_or_else(|| Err(nobody()))
    }
}
