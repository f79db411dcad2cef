//! `echo`: says back what it was told. The smallest job there is, and proof that the whole way works.

use std::time::Duration;

use agent_runner_domain::{
    Timestamp,
    job::{CauseKind, Failure},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Context, Handler, Stop};

pub struct Echo;

/// What to say back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// The text that comes back.
    message: String,
    /// How long to wait before answering, in milliseconds; at most an hour.
    #[serde(default)]
    #[schemars(range(max = 3_600_000))]
    delay_ms: u32,
}

#[derive(Debug, Serialize)]
pub struct Output {
    echoed_message: String,
    /// Program, version, pid and host of the worker.
    processed_by: String,
    processed_at: Timestamp,
}

impl Handler for Echo {
    type Payload = Payload;
    type Output = Output;

    const NAME: &'static str = "echo";
    const SUMMARY: &'static str = "Returns the message it is given, after an optional delay.";

    fn example() -> Value {
        json!({"message": "hello"})
    }

    async fn run(payload: Payload, context: &Context) -> Result<Output, Stop> {
        let delay = Duration::from_millis(payload.delay_ms.into());
        if !delay.is_zero() {
            let stop = context.cancelled.run_until_cancelled(tokio::time::sleep(delay));
            stop.await.ok_or_else(stopped)?;
        }
        Ok(Output {
            echoed_message: payload.message,
            processed_by: context.surroundings.worker.clone(),
            processed_at: context.clock.now(),
        })
    }
}

fn stopped() -> Failure {
    Failure::passing(CauseKind::Interrupted, "the echo was stopped before its delay was over")
}
