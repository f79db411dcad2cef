//! An emulator that asks for permissions, with one installation and one that is none of its business.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use agent_runner_aws::Names;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use tempfile::TempDir;

use crate::site::Site;

/// Longer than it ever takes to start.
const PATIENCE: Duration = Duration::from_mins(1);
const ACCOUNT: &str = "000000000000";
const REGION: &str = "us-east-1";
/// Somebody else's table, bucket, cluster, and the first part of secrets.
pub(crate) const OTHER: &str = "somebody-else";
/// The installation's secrets; the first is for workers.
pub(crate) const SECRETS: [&str; 3] = ["anthropic-api-key", "api-keys", "callback-secret"];

const WORKER: &str = include_str!("../../../../../infra/policies/worker.json");
const ORCHESTRATOR: &str = include_str!("../../../../../infra/policies/orchestrator.json");
/// The emulator's own user takes the roles here, where on AWS ECS does.
const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}"#;

pub(crate) struct Guarded {
    /// With every permission.
    root: Site,
    emulator: Child,
    _folder: TempDir,
}

impl Guarded {
    pub(crate) async fn start() -> Self {
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let mut emulator = command(&folder, port).spawn().expect("the emulator is a program");
        wait_for(&mut emulator, port);
        let root = Site::at(&format!("http://127.0.0.1:{port}"));
        let guarded = Self { root, emulator, _folder: folder };
        guarded.make_installation().await;
        guarded.make_others().await;
        guarded
    }

    async fn make_installation(&self) {
        let (name, bucket) = (self.root.make_table().await, self.root.make_bucket().await);
        self.root.make_queues().await;
        for secret in SECRETS {
            self.make_secret(&self.root.names.secret(secret)).await;
        }
        self.make_cluster(&name, &self.root.names.worker_family("small", "arm64")).await;
        for (role, policy) in [("worker", WORKER), ("orchestrator", ORCHESTRATOR)] {
            self.make_role(role, &filled(policy, &name, &bucket)).await;
        }
    }

    async fn make_others(&self) {
        let other = Site { config: self.root.config.clone(), names: Names::new(OTHER) };
        other.make_table().await;
        other.make_bucket().await;
        other.make_queues().await;
        self.make_secret(&other.names.secret(SECRETS[0])).await;
        self.make_cluster(OTHER, OTHER).await;
    }

    async fn make_secret(&self, name: &str) {
        let client = aws_sdk_secretsmanager::Client::new(&self.root.config);
        client.create_secret().name(name).secret_string("not-a-key").send().await.unwrap();
    }

    async fn make_cluster(&self, name: &str, family: &str) {
        let ecs = aws_sdk_ecs::Client::new(&self.root.config);
        ecs.create_cluster().cluster_name(name).send().await.unwrap();
        let container =
            aws_sdk_ecs::types::ContainerDefinition::builder().name("worker").image("none");
        let family = ecs.register_task_definition().family(family);
        family.container_definitions(container.build()).send().await.unwrap();
    }

    async fn make_role(&self, name: &str, policy: &str) {
        let iam = aws_sdk_iam::Client::new(&self.root.config);
        let role = iam.create_role().role_name(name).assume_role_policy_document(TRUST);
        role.send().await.unwrap();
        let put = iam.put_role_policy().role_name(name).policy_name("own");
        put.policy_document(policy).send().await.unwrap();
    }

    /// The installation, as the role sees it.
    pub(crate) async fn site_of(&self, role: &str) -> Site {
        let sts = aws_sdk_sts::Client::new(&self.root.config);
        let taken = sts.assume_role().role_arn(role_arn(role)).role_session_name("test");
        let keys = taken.send().await.unwrap().credentials.expect("a role that was taken has keys");
        let keys = Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            Some(keys.session_token),
            None,
            "test",
        );
        let config = self.root.config.to_builder();
        let config = config.credentials_provider(SharedCredentialsProvider::new(keys)).build();
        Site { config, names: self.root.names.clone() }
    }

    pub(crate) fn root_config(&self) -> &SdkConfig {
        &self.root.config
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let _ = self.emulator.kill();
        let _ = self.emulator.wait();
    }
}

pub(crate) fn role_arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// The policy as the infrastructure fills it in.
fn filled(policy: &str, name: &str, bucket: &str) -> String {
    let (worker, execution) = (role_arn("worker"), role_arn("execution"));
    let values = [
        ("${partition}", "aws"),
        ("${region}", REGION),
        ("${account}", ACCOUNT),
        ("${name}", name),
        ("${bucket}", bucket),
        ("${worker_role}", &worker),
        ("${execution_role}", &execution),
    ];
    let filled =
        values.iter().fold(policy.to_owned(), |text, (key, value)| text.replace(key, value));
    assert!(!filled.contains("${"), "{filled}");
    filled
}

#[expect(clippy::disallowed_methods, reason = "the emulator is the test's surroundings")]
fn command(folder: &TempDir, port: u16) -> Command {
    let program = std::env::var_os("AGENT_RUNNER_TEST_MINISTACK").expect(
        "AGENT_RUNNER_TEST_MINISTACK names no emulator of AWS: `scripts/test-aws` installs one and runs these tests",
    );
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("AUTH", "true")
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("MINISTACK_REGION", REGION)
        .env("DOCKER_HOST", "unix:///nowhere")
        .env("LOG_LEVEL", "WARNING")
        .envs(["HOME", "TMPDIR", "S3_DATA_DIR", "STATE_DIR"].map(|name| (name, folder.path())))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(emulator: &mut Child, port: u16) {
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let over = emulator.try_wait().unwrap();
        assert!(
            over.is_none() && begin.elapsed() < PATIENCE,
            "the emulator does not listen: {over:?}"
        );
        sleep(Duration::from_millis(50));
    }
}
