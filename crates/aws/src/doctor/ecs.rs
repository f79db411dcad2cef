//! The cluster, and the families of task definitions that workers are started from.

use std::collections::BTreeSet;

use agent_runner_domain::job::Architecture;
use aws_sdk_ecs::{
    Client,
    operation::describe_task_definition::DescribeTaskDefinitionError,
    types::{ContainerDefinition, TaskDefinition},
};

use super::{Finding, OfFault};
use crate::{
    Aws,
    fault::Fault,
    launcher::{SIZES, WORKER},
};

const CLUSTER: &str = "cluster";
const FAMILY: &str = "family";

pub(super) async fn cluster(aws: &Aws) -> Finding {
    let name = aws.names().cluster();
    let on = format!("the cluster `{name}`");
    let answer = Client::new(aws.sdk()).describe_clusters().clusters(&name).send().await;
    let found = match answer {
        Ok(answer) => answer.clusters.unwrap_or_default().into_iter().next(),
        Err(error) => {
            return Finding::of_looking(CLUSTER, &Fault::of(&error, "ecs:DescribeClusters", &on));
        }
    };
    let fix = "make it by the infrastructure of this release";
    match found {
        None => Finding::fail(CLUSTER, format!("{on} does not exist"), fix),
        Some(cluster) if cluster.status() != Some("ACTIVE") => {
            let status = cluster.status().unwrap_or("in no state");
            Finding::fail(CLUSTER, format!("{on} is {status}"), fix)
        }
        Some(cluster) => {
            let tasks = cluster.running_tasks_count();
            Finding::ok(CLUSTER, format!("`{name}`: {tasks} tasks run"))
        }
    }
}

/// What was found, and the images that their workers are started from.
pub(super) struct Families {
    pub(super) findings: Vec<Finding>,
    pub(super) images: BTreeSet<String>,
}

/// One finding for what is there, and one for each family that is not as it should be. Jobs that ask for nothing need
/// the smallest machine of the `usual` architecture.
pub(super) async fn families(aws: &Aws, usual: Architecture) -> Families {
    let ecs = Client::new(aws.sdk());
    let (mut there, mut findings) = (Vec::new(), Vec::new());
    let (mut needed, mut images) = (None, BTreeSet::new());
    for architecture in [Architecture::Arm64, Architecture::X86_64] {
        for size in SIZES {
            let name = aws.names().worker_family(size.name, architecture.as_str());
            match describe(&ecs, &name).await {
                Ok(Some(definition)) => match worker_of(aws, &definition) {
                    Err(wrong) => findings.push(Finding::fail(
                        FAMILY,
                        format!("`{name}` {wrong}"),
                        "apply the infrastructure of this release",
                    )),
                    Ok(worker) => {
                        there.push(format!("{}-{}", size.name, architecture.as_str()));
                        images.extend(worker.image().map(str::to_owned));
                    }
                },
                Ok(None) if (architecture, size) == (usual, SIZES[0]) => needed = Some(name),
                Ok(None) => {}
                Err(fault) => {
                    let findings = vec![Finding::of_looking(FAMILY, &fault)];
                    return Families { findings, images };
                }
            }
        }
    }
    let name = aws.names().worker_family("SIZE", "ARCHITECTURE");
    findings.insert(0, all_in_all(&name, &there, needed.as_deref()));
    Families { findings, images }
}

/// `needed` is what is not there and has to be.
fn all_in_all(name: &str, there: &[String], needed: Option<&str>) -> Finding {
    if there.is_empty() {
        return Finding::fail(
            FAMILY,
            format!("there is no family of task definitions `{name}`, so no worker can start"),
            "make them by the infrastructure of this release",
        );
    }
    let there = there.join(", ");
    if let Some(needed) = needed {
        return Finding::fail(
            FAMILY,
            format!(
                "there is no family `{needed}`, so no job can start that asks for no other machine; there are {there}"
            ),
            "set AGENT_RUNNER_ARCHITECTURE to one that has families, or make it by the infrastructure of this release",
        );
    }
    Finding::ok(FAMILY, format!("`{name}` for {there}"))
}

/// `None`: there is no such family.
async fn describe(ecs: &Client, family: &str) -> Result<Option<TaskDefinition>, Fault> {
    match ecs.describe_task_definition().task_definition(family).send().await {
        Ok(answer) => Ok(answer.task_definition),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DescribeTaskDefinitionError::is_client_exception) =>
        {
            Ok(None)
        }
        Err(error) => {
            let on = format!("the family `{family}`");
            Err(Fault::of(&error, "ecs:DescribeTaskDefinition", &on))
        }
    }
}

/// The worker's container, which must find the installation that its orchestrator works on, or what is wrong with it.
fn worker_of<'a>(
    aws: &Aws,
    definition: &'a TaskDefinition,
) -> Result<&'a ContainerDefinition, String> {
    let mut containers = definition.container_definitions().iter();
    let Some(container) = containers.find(|container| container.name() == Some(WORKER)) else {
        return Err(format!("has no container `{WORKER}`"));
    };
    let (table, bucket) = (aws.names().table(), aws.bucket());
    let wanted = [
        ("AGENT_RUNNER_BACKEND", "aws"),
        ("AGENT_RUNNER_NAME", &table),
        ("AGENT_RUNNER_BUCKET", bucket),
    ];
    let wrong = wanted.into_iter().find_map(|(name, value)| match variable(container, name) {
        Some(found) if found == value => None,
        Some(found) => Some(format!("starts workers with {name}={found} instead of {value}")),
        None => Some(format!("starts workers without {name}={value}")),
    });
    wrong.map_or(Ok(container), Err)
}

fn variable<'a>(container: &'a ContainerDefinition, name: &str) -> Option<&'a str> {
    let found = container.environment().iter().find(|pair| pair.name() == Some(name));
    found.and_then(|pair| pair.value())
}
