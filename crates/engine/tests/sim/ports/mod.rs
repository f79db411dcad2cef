//! The ports as the engine and the workers of the simulation see them: the fakes, behind a [`Gate`].

mod artifacts;
mod callbacks;
mod gate;
mod launcher;
mod ledger;
mod queue;
mod store;

use std::sync::Arc;

use agent_runner_domain::ports::SecretSource;
use agent_runner_engine::Ports;
use agent_runner_testkit::MemorySecrets;

pub(crate) use self::{
    artifacts::GatedArtifacts,
    callbacks::{DEAF, OPEN},
    gate::Gate,
    ledger::GatedLedger,
    store::GatedStore,
};
use self::{callbacks::Receivers, launcher::GatedLauncher, queue::GatedQueue};
use crate::{schedule::ProcessId, world::Sim};

/// All ports of one orchestrator.
pub(crate) fn of(sim: &Sim, process: ProcessId) -> Ports {
    let gate = Gate::new(sim, process);
    let ids = sim.world().ids.clone();
    Ports {
        store: Arc::new(GatedStore::new(gate.clone())),
        queue: Arc::new(GatedQueue::new(gate.clone())),
        launcher: Arc::new(GatedLauncher::new(gate.clone())),
        artifacts: Arc::new(GatedArtifacts::new(gate.clone())),
        callbacks: Arc::new(Receivers::new(gate.clone())),
        clock: Arc::new(sim.clock(process)),
        ids: Arc::new(ids),
        ledger: Arc::new(GatedLedger::new(gate)),
        settings: settings(),
    }
}

pub(crate) fn settings() -> Arc<dyn SecretSource> {
    Arc::new(MemorySecrets::default())
}
