//! One call of `RunTask`, and what its answer means.

use agent_runner_domain::ports::LaunchOrder;
use aws_sdk_ecs::{
    Client, config,
    types::{
        AssignPublicIp, AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride,
        Failure, KeyValuePair, LaunchType, NetworkConfiguration, PropagateTags, Task, TaskOverride,
    },
};
use aws_smithy_types::{error::metadata::ProvideErrorMetadata, retry::RetryConfig};

use super::{
    LauncherConfig, WORKER,
    key::{client_token, started_by},
    reasons::{Meaning, meaning},
    rungs::Rung,
};
use crate::fault::{Fault, Trouble};

/// What became of a call.
#[derive(Debug)]
pub(super) enum Answer {
    /// There is this task: new, or of an earlier call with the same token, and then perhaps dead.
    Task(Box<Task>),
    /// Nothing was started, for this reason.
    Refused(Meaning, String),
    /// The token was used with other parameters, so there is a task of this launch.
    Taken(String),
    /// It may have been started.
    Uncertain(String),
}

/// What does not change from call to call.
pub(super) struct Calls<'a> {
    pub(super) ecs: &'a Client,
    pub(super) cluster: &'a str,
    pub(super) config: &'a LauncherConfig,
}

impl Calls<'_> {
    /// The SDK does not repeat it: what to do about a failure is decided where the whole ladder is seen.
    pub(super) async fn run(&self, order: &LaunchOrder, rung: &Rung, number: usize) -> Answer {
        let call = self
            .ecs
            .run_task()
            .cluster(self.cluster)
            .task_definition(&rung.family)
            .count(1)
            .client_token(client_token(order.key, number))
            .started_by(started_by(order.key))
            // Without the family's tags, no bill would say whose the task is.
            .propagate_tags(PropagateTags::TaskDefinition)
            .overrides(overrides(order))
            .network_configuration(self.network(rung));
        let call = if rung.spot {
            call.capacity_provider_strategy(spot())
        } else {
            call.launch_type(LaunchType::Fargate)
        };
        let once = config::Builder::new().retry_config(RetryConfig::disabled());
        match call.customize().config_override(once).send().await {
            Ok(out) => started(out.tasks, &out.failures.unwrap_or_default()),
            Err(error) => {
                let taken = error.code() == Some("ConflictException");
                let on = format!("the family `{}`", rung.family);
                let fault = Fault::of(&error, "ecs:RunTask", &on);
                if taken { Answer::Taken(fault.to_string()) } else { refused(&fault) }
            }
        }
    }

    fn network(&self, rung: &Rung) -> NetworkConfiguration {
        let public = if self.config.assign_public_ip {
            AssignPublicIp::Enabled
        } else {
            AssignPublicIp::Disabled
        };
        let network = AwsVpcConfiguration::builder()
            .set_subnets(Some(rung.subnets.clone()))
            .set_security_groups(Some(self.config.security_groups.clone()))
            .assign_public_ip(public)
            .build()
            .expect("the subnets are set");
        NetworkConfiguration::builder().awsvpc_configuration(network).build()
    }
}

fn spot() -> CapacityProviderStrategyItem {
    let item = CapacityProviderStrategyItem::builder().capacity_provider("FARGATE_SPOT").weight(1);
    item.build().expect("the provider is set")
}

/// All that a worker is told. Whoever may describe tasks can read it, and it has a limit of size, so payload and
/// secrets are fetched under the task's role.
fn overrides(order: &LaunchOrder) -> TaskOverride {
    let pair = |name: &str, value: String| KeyValuePair::builder().name(name).value(value).build();
    let worker = ContainerOverride::builder()
        .name(WORKER)
        .environment(pair("JOB_ID", order.key.job.to_string()))
        .environment(pair("JOB_ATTEMPT", order.key.attempt.to_string()))
        .environment(pair("JOB_LEASE", order.lease.reveal()));
    TaskOverride::builder().container_overrides(worker.build()).build()
}

fn started(tasks: Option<Vec<Task>>, failures: &[Failure]) -> Answer {
    if let Some(task) = tasks.into_iter().flatten().next() {
        return Answer::Task(Box::new(task));
    }
    let Some(failure) = failures.first() else {
        let nothing = "RunTask started nothing and did not say why".to_owned();
        return Answer::Refused(Meaning::Transient, nothing);
    };
    let said = [failure.reason(), failure.detail()];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(": ");
    Answer::Refused(meaning(&said).unwrap_or(Meaning::Transient), said)
}

fn refused(fault: &Fault) -> Answer {
    let text = fault.to_string();
    match fault.trouble {
        Trouble::Unavailable => Answer::Uncertain(text),
        Trouble::Throttled => Answer::Refused(Meaning::Throttled, text),
        // It is this orchestrator that is wrong, and not the job: another one, or a later call, may do it.
        Trouble::Credentials | Trouble::Expired | Trouble::ClockSkew => {
            Answer::Refused(Meaning::Capacity, text)
        }
        _ => Answer::Refused(meaning(&text).unwrap_or(Meaning::Permanent), text),
    }
}
