//! The users' servers. Some refuse for a while, some for ever.

use agent_runner_domain::ports::{CallbackSender, Delivery, SendError};
use async_trait::async_trait;

use super::Gate;

/// A job with this URL is never heard.
pub(crate) const DEAF: &str = "https://deaf.example/";
pub(crate) const OPEN: &str = "https://open.example/";

pub(crate) struct Receivers {
    gate: Gate,
}

impl Receivers {
    pub(crate) fn new(gate: Gate) -> Self {
        Self { gate }
    }
}

#[async_trait]
impl CallbackSender for Receivers {
    async fn send(&self, delivery: &Delivery) -> Result<(), SendError> {
        let receive = async {
            let refused = self.gate.befalls(|weather| weather.callback_refused);
            let accepted = !refused && delivery.url != DEAF;
            let mut world = self.gate.sim.world();
            world.say(|| {
                format!(
                    "callback {} is {}",
                    delivery.id,
                    if accepted { "accepted" } else { "refused" }
                )
            });
            world.delivered(delivery, accepted);
            accepted
        };
        match self.gate.call("callbacks.send", receive).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SendError("503".to_owned())),
            Err(error) => Err(SendError(error)),
        }
    }
}
