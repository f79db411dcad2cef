//! Models that cost nothing and know nothing: the simulator, within this process.
//!
//! It runs only where `--demo` was asked for, and only as long as the command that asked.

use std::{net::Ipv4Addr, time::Duration};

use agent_runner_model_sim::Simulator;

use crate::failure::Failure;

/// About as fast as a model writes.
const PACE: Duration = Duration::from_millis(25);

pub(crate) const NOTICE: &str =
    "demo: a simulator plays the models; nothing that they say is true, and nothing is paid";

/// Stops when it is dropped.
pub(crate) struct Demo(Simulator);

impl Demo {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let started = Simulator::start((Ipv4Addr::LOCALHOST, 0)).await;
        let simulator = started.map_err(|error| {
            Failure::machine(format!("the model simulator cannot listen on 127.0.0.1: {error}"))
        })?;
        simulator.world().speak_to_people();
        simulator.world().set_pace(PACE);
        Ok(Self(simulator))
    }

    /// Where it answers to all providers' clients.
    pub(crate) fn url(&self) -> &str {
        self.0.url()
    }
}
