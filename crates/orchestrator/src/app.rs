//! What every request handler can reach.

use std::{ops::Deref, sync::Arc};

use agent_runner_api_types::ProviderView;
use agent_runner_domain::Timestamp;
use agent_runner_engine::{Engine, Jobs};
use tokio_util::sync::CancellationToken;

use crate::{access::Access, metrics::Metrics, openapi::Description};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) jobs: Jobs,
    pub(crate) access: Access,
    pub(crate) metrics: Metrics,
    pub(crate) description: Description,
    /// Callback URLs may lead into private networks.
    pub(crate) allow_private_callbacks: bool,
    /// Which models can be asked.
    pub(crate) providers: Vec<ProviderView>,
    /// A simulator plays the models, which everybody has to be told.
    pub(crate) demo: bool,
    /// The server is about to stop: whoever streams or waits ends now.
    pub(crate) stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine.ports.clock.now()
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
