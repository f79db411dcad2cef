//! Stands where the backend on AWS is not built in.

use std::{convert::Infallible, fmt};

use agent_runner_domain::examination::Finding;

use super::Opened;
use crate::{ServeArgs, config::AwsArgs};

/// No program has one.
pub struct Site(Infallible);

#[derive(Debug, thiserror::Error)]
#[error(
    "this program was built without AWS: build it with `--features aws`, or run agent-runner-orchestrator, which has it"
)]
struct NotBuiltIn;

#[expect(clippy::unused_async, reason = "the same call as where it is built in")]
pub(super) async fn open(_: &ServeArgs) -> anyhow::Result<Opened> {
    Err(NotBuiltIn.into())
}

pub(crate) async fn examine(
    _: &AwsArgs,
    _: &mut (dyn FnMut(Finding) + Send),
) -> anyhow::Result<()> {
    Err(NotBuiltIn.into())
}

impl Site {
    pub(super) fn api_keys_name(&self) -> String {
        match self.0 {}
    }

    #[expect(clippy::unused_async, reason = "the same call as where it is built in")]
    pub(super) async fn close(&self) {
        match self.0 {}
    }
}

impl fmt::Display for Site {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}
