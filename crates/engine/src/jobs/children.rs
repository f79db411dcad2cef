//! Jobs that start jobs: what the stores can do by themselves, with payloads judged by the catalogue.

use std::sync::Arc;

use agent_runner_domain::{
    RawJson,
    direct_children::{ChildPorts, DirectChildren},
    ports::OrderFault,
};

use super::Jobs;
use crate::{Catalog, EngineError};

impl Jobs {
    /// For whoever has checked that the parent's attempt holds the parent.
    #[must_use]
    pub fn children(&self) -> DirectChildren {
        let ports = &self.engine.ports;
        let ports = ChildPorts {
            store: ports.store.clone(),
            queue: ports.queue.clone(),
            ledger: ports.ledger.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        };
        let catalog = self.engine.catalog.clone();
        let check = move |job_type: &str, payload: &RawJson| faults(&catalog, job_type, payload);
        DirectChildren::new(ports, Arc::new(check))
    }
}

fn faults(catalog: &Catalog, job_type: &str, payload: &RawJson) -> Vec<OrderFault> {
    let payload = serde_json::from_str(payload.get()).expect("a RawJson is valid JSON");
    let fault = |path: String, message: String| OrderFault { path, message };
    match catalog.check(job_type, &payload) {
        Ok(()) => Vec::new(),
        Err(EngineError::Invalid(faults)) => {
            faults.into_iter().map(|wrong| fault(wrong.path, wrong.message)).collect()
        }
        Err(error @ EngineError::UnknownJobType { .. }) => {
            vec![fault("/job_type".to_owned(), error.to_string())]
        }
        // The order is not at fault, and no other would fare better.
        Err(error) => vec![fault("/payload".to_owned(), error.to_string())],
    }
}
