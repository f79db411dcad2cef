//! The use cases of agent-runner and the loops that drive jobs on.
//!
//! The engine never sees HTTP, SQL or a cloud: it works on `domain::ports` and changes jobs only by
//! [`agent_runner_domain::job::Job::apply`]. Every pass of [`loops`] takes no input but the world's state, may run
//! twice, late, or beside another orchestrator, and keeps nothing in memory that a crash could lose.

pub mod catalog;
mod drive;
pub mod error;
pub mod gateway;
pub mod jobs;
mod lane;
pub mod loops;
pub mod runner;
mod wakeups;

use std::sync::Arc;

use agent_runner_domain::ports::{
    ArtifactStore, CallbackSender, Clock, Ids, JobStore, Launcher, Ledger, SecretSource, WorkQueue,
};

pub use self::{
    catalog::Catalog, error::EngineError, gateway::Gateway, jobs::Jobs, wakeups::Wakeups,
};

/// Everything the engine needs from the world.
#[derive(Clone)]
pub struct Ports {
    pub store: Arc<dyn JobStore>,
    pub queue: Arc<dyn WorkQueue>,
    pub launcher: Arc<dyn Launcher>,
    pub artifacts: Arc<dyn ArtifactStore>,
    pub callbacks: Arc<dyn CallbackSender>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub ledger: Arc<dyn Ledger>,
    /// What handlers may know of the operator's keys and settings; it refuses every other name.
    pub settings: Arc<dyn SecretSource>,
}

/// One orchestrator's engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub ports: Ports,
    pub catalog: Arc<Catalog>,
    pub wakeups: Wakeups,
    lanes: drive::Lanes,
}

impl Engine {
    #[must_use]
    pub fn new(ports: Ports, catalog: Catalog) -> Self {
        Self {
            ports,
            catalog: Arc::new(catalog),
            wakeups: Wakeups::default(),
            lanes: drive::Lanes::default(),
        }
    }

    /// What users may do.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs::new(self.clone())
    }

    /// What workers without access of their own to the stores may do.
    #[must_use]
    pub fn gateway(&self) -> Gateway {
        Gateway::new(self.clone())
    }
}
