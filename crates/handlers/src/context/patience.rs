//! Calls through the link, said until they are heard.

use std::time::Duration;

use agent_runner_domain::{
    job::{CauseKind, Failure},
    ports::LinkError,
};
use tokio::time::sleep;

use super::Context;

/// The first pause after a call was not heard; the next ones double.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Pauses that double.
pub(super) struct Pauses(Duration);

impl Default for Pauses {
    fn default() -> Self {
        Self(PAUSE_FIRST)
    }
}

impl Pauses {
    pub(super) async fn pass(&mut self) {
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(PAUSE_MAX);
    }
}

/// Calls until the answer is another than "unavailable". It ends with the handler, which is dropped when its grace
/// period is over.
pub(super) async fn insist<T, F>(mut call: impl FnMut() -> F) -> Result<T, LinkError>
where
    F: Future<Output = Result<T, LinkError>>,
{
    let mut pauses = Pauses::default();
    loop {
        match call().await {
            Err(LinkError::Unavailable(_)) => pauses.pass().await,
            answer => return answer,
        }
    }
}

impl Context {
    /// Insists until the handler is to end. `what` begins the message of a failure.
    pub(super) async fn ask_link<T, F>(
        &self,
        what: &str,
        call: impl FnMut() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, LinkError>>,
    {
        match self.cancelled.run_until_cancelled(insist(call)).await {
            None => Err(stopped(what)),
            Some(answer) => answer.map_err(|error| failed(what, &error)),
        }
    }
}

pub(super) fn stopped(what: &str) -> Failure {
    Failure::passing(CauseKind::Interrupted, format!("{what}: the job was stopped"))
}

pub(super) fn failed(what: &str, error: &LinkError) -> Failure {
    let message = format!("{what}: {error}");
    match error {
        LinkError::LeaseLost => Failure::passing(CauseKind::Interrupted, message),
        LinkError::Unavailable(_) => Failure::passing(CauseKind::HandlerError, message),
        LinkError::Refused(_) => Failure::lasting(CauseKind::HandlerError, message),
    }
}
