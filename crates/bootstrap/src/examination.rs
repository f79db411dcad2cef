//! Looking over what a server would work on, for people who want to know what is wrong.

pub use agent_runner_aws::doctor::{Finding, State};
use agent_runner_aws::{Aws, doctor};
use agent_runner_llm::Provider;

use crate::config::AwsArgs;

/// Looks at every part of the installation and tells each finding at once.
///
/// # Errors
/// When the configuration does not name one.
pub async fn examine(args: &AwsArgs, tell: &mut (dyn FnMut(Finding) + Send)) -> anyhow::Result<()> {
    let installation = args.installation()?;
    let aws = Aws::find(installation.names, installation.bucket).await?;
    let keys = Provider::all().iter().filter(|provider| !provider.is_local);
    let expected = doctor::Expected {
        subnets: args.placement()?.subnets,
        model_keys: keys.map(|provider| provider.key_name).collect(),
    };
    doctor::examine(&aws, &expected, tell).await;
    Ok(())
}
