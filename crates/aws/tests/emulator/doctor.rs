//! `doctor` names what is missing, each part by itself, and nothing where all is well.

use agent_runner_aws::{
    Aws,
    doctor::{self, Expected, Finding, State},
    launcher::WORKER,
};
use agent_runner_domain::job::Architecture;
use aws_sdk_ecs::types::{ContainerDefinition, KeyValuePair};

use crate::site::Site;

/// The emulator has it from the start, with thousands of addresses.
const SUBNET: &str = "subnet-00000001";

async fn examined(site: &Site, bucket: &str) -> Vec<Finding> {
    examined_in(site, bucket, SUBNET).await
}

async fn examined_in(site: &Site, bucket: &str, subnet: &str) -> Vec<Finding> {
    let aws = Aws::at(site.config.clone(), site.names.clone(), bucket.to_owned()).unwrap();
    let expected = Expected { subnets: vec![subnet.into()], ..expected() };
    examined_as(&aws, &expected).await
}

/// By those who have set nothing.
fn expected() -> Expected {
    Expected {
        subnets: vec![SUBNET.into()],
        architecture: Architecture::Arm64,
        model_keys: vec!["ANTHROPIC_API_KEY"],
    }
}

async fn examined_as(aws: &Aws, expected: &Expected) -> Vec<Finding> {
    let mut findings = Vec::new();
    doctor::examine(aws, expected, &mut |finding| findings.push(finding)).await;
    findings
}

fn failed(findings: &[Finding]) -> Vec<(&'static str, &str)> {
    let failed = findings.iter().filter(|finding| matches!(finding.state, State::Fail(_)));
    failed.map(|finding| (finding.check, finding.message.as_str())).collect()
}

async fn make_workers(site: &Site, bucket: &str) {
    let ecs = aws_sdk_ecs::Client::new(&site.config);
    ecs.create_cluster().cluster_name(site.names.cluster()).send().await.unwrap();
    let variable =
        |name: &str, value: &str| KeyValuePair::builder().name(name).value(value).build();
    let container = ContainerDefinition::builder()
        .name(WORKER)
        .image("agent-runner-worker")
        .environment(variable("AGENT_RUNNER_BACKEND", "aws"))
        .environment(variable("AGENT_RUNNER_NAME", &site.names.table()))
        .environment(variable("AGENT_RUNNER_BUCKET", bucket))
        .build();
    let family = ecs.register_task_definition().family(site.names.worker_family("small", "arm64"));
    family.container_definitions(container).send().await.unwrap();
}

#[tokio::test]
async fn the_family_of_jobs_that_ask_for_nothing_has_to_be_there() {
    let site = Site::new();
    make_workers(&site, "the-bucket").await;
    let aws = Aws::at(site.config.clone(), site.names.clone(), "the-bucket".to_owned()).unwrap();
    let families = async |architecture| {
        let findings = examined_as(&aws, &Expected { architecture, ..expected() }).await;
        findings.into_iter().filter(|finding| finding.check == "family").collect::<Vec<_>>()
    };
    let [there] = &families(Architecture::Arm64).await[..] else { panic!("one finding") };
    assert_eq!(there.state, State::Ok, "{there:?}");
    let [missing] = &families(Architecture::X86_64).await[..] else { panic!("one finding") };
    let State::Fail(Some(fix)) = &missing.state else { panic!("{missing:?}") };
    assert!(fix.contains("AGENT_RUNNER_ARCHITECTURE"), "{fix}");
    let name = format!("there is no family `{}`", site.names.worker_family("small", "x86_64"));
    assert!(missing.message.starts_with(&name), "{missing:?}");
    assert!(missing.message.ends_with("there are small-arm64"), "{missing:?}");
}

async fn keep(site: &Site, name: &str) {
    let secrets = aws_sdk_secretsmanager::Client::new(&site.config);
    let secret = secrets.create_secret().name(site.names.secret(name));
    secret.secret_string("whatever").send().await.unwrap();
}

#[tokio::test]
async fn a_whole_installation_has_no_fault() {
    let site = Site::new();
    site.make_table().await;
    site.make_queues().await;
    let bucket = site.make_bucket().await;
    make_workers(&site, &bucket).await;
    for name in ["anthropic-api-key", "api-keys", "callback-secret"] {
        keep(&site, name).await;
    }
    let findings = examined(&site, &bucket).await;
    assert_eq!(failed(&findings), []);
    // The emulator knows no quotas, which is said and does no harm.
    let warned: Vec<_> =
        findings.iter().filter(|finding| finding.state != State::Ok).map(|it| it.check).collect();
    assert_eq!(warned, ["quota"]);
    assert!(!findings.iter().any(|finding| finding.message.contains("whatever")));
}

#[tokio::test]
async fn each_missing_part_is_named() {
    let site = Site::new();
    let findings = examined(&site, "nobody-has-this-bucket").await;
    let failed = failed(&findings);
    let checks: Vec<_> = failed.iter().map(|(check, _)| *check).collect();
    let queues = ["queue"; 5];
    let wanted = [&["table", "bucket"][..], &queues, &["cluster", "family"]].concat();
    assert_eq!(checks, wanted);
    for (check, message) in failed {
        let named = message.contains(&site.names.table()) || message.contains("nobody-has-this");
        assert!(named, "{check}: {message}");
    }
}

#[tokio::test]
async fn workers_that_would_look_elsewhere_are_told_of() {
    let site = Site::new();
    make_workers(&site, "another-bucket").await;
    let findings = examined(&site, "the-bucket").await;
    let wrong = "AGENT_RUNNER_BUCKET=another-bucket instead of the-bucket";
    assert!(failed(&findings).iter().any(|(_, message)| message.contains(wrong)), "{findings:?}");
}

#[tokio::test]
async fn free_addresses_are_counted_and_a_subnet_that_is_not_there_is_named() {
    let site = Site::new();
    let findings = examined(&site, "the-bucket").await;
    let counted = findings.iter().find(|finding| finding.check == "subnets").unwrap();
    assert_eq!(counted.state, State::Ok, "{counted:?}");
    assert!(counted.message.contains("`subnet-00000001` in us-east-1a has "), "{counted:?}");
    let findings = examined_in(&site, "the-bucket", "subnet-0a1b").await;
    let missing = failed(&findings).into_iter().find(|(check, _)| *check == "subnets").unwrap();
    assert!(missing.1.contains("subnet-0a1b"), "{missing:?}");
}
