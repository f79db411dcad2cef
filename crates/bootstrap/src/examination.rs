//! Looking over what a server would work on, for people who want to know what is wrong.

pub use agent_runner_domain::examination::{Finding, State};

use crate::{backend, config::AwsArgs};

/// Looks at every part of the installation and tells each finding at once.
///
/// # Errors
/// When the configuration does not name one.
pub async fn examine(args: &AwsArgs, tell: &mut (dyn FnMut(Finding) + Send)) -> anyhow::Result<()> {
    backend::examine(args, tell).await
}
