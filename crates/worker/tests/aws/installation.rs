//! An installation of its own for each test.

#[path = "../../../aws/tests/emulator/site.rs"]
mod site;

use std::{net::SocketAddr, process::Command};

use agent_runner_aws::Names;
use agent_runner_model_sim::Simulator;
use aws_sdk_ecs::types::{ContainerDefinition, KeyValuePair, NetworkMode};
use tempfile::TempDir;

use self::site::Site;
use crate::{
    news::{Manner, News, Queue},
    orchestrator::{self, Orchestrator},
};

/// Everything that infrastructure makes, on the emulator.
pub(crate) struct Installation {
    site: Site,
    bucket: String,
    work: TempDir,
    /// What task definitions have besides.
    task: Vec<(String, String)>,
    /// Of containers; children of the orchestrator are seen to end.
    _news: Option<News>,
}

impl Installation {
    pub(crate) async fn new() -> Self {
        Self::with_task_variables(&[]).await
    }

    /// One whose workers have these variables, too.
    pub(crate) async fn with_task_variables(task: &[(&str, &str)]) -> Self {
        Self::with(task, Manner::Well).await
    }

    /// One whose workers ask a simulator of models, which lives as long as it is held.
    pub(crate) async fn with_models() -> (Self, Simulator) {
        let simulator = Simulator::start((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        simulator.world().speak_to_people();
        let base = format!("{}/v1", simulator.url());
        let installation =
            Self::with_task_variables(&[("ANTHROPIC_BASE_URL", base.as_str())]).await;
        installation.keep_secret("anthropic-api-key", "sk-test").await;
        (installation, simulator)
    }

    /// One with these variables, and with news of tasks that are told like that.
    pub(crate) async fn with(task: &[(&str, &str)], manner: Manner) -> Self {
        let site = Site::new();
        site.make_table().await;
        site.make_queues().await;
        let bucket = site.make_bucket().await;
        let task = owned(task);
        let work = tempfile::tempdir().unwrap();
        let news = match orchestrator::worker_image() {
            Some(_) => Some(news(&site, manner).await),
            None => None,
        };
        let this = Self { site, bucket, work, task, _news: news };
        this.make_cluster().await;
        this
    }

    /// Where the emulator is.
    pub(crate) fn upstream(&self) -> SocketAddr {
        let url = self.site.config.endpoint_url().unwrap();
        url.trim_start_matches("http://").parse().expect("the emulator has an address")
    }

    /// Where the emulator is.
    pub(crate) fn endpoint(&self) -> &str {
        self.site.config.endpoint_url().unwrap()
    }

    pub(crate) fn names(&self) -> &Names {
        &self.site.names
    }

    /// An orchestrator of this installation, which answers.
    pub(crate) fn orchestrator(&self) -> Orchestrator {
        self.orchestrator_with(&[])
    }

    /// The same with more variables.
    pub(crate) fn orchestrator_with(&self, more: &[(&str, &str)]) -> Orchestrator {
        Orchestrator::start(&self.command(more)).unwrap_or_else(|words| panic!("{words}"))
    }

    /// What an orchestrator says that cannot start.
    pub(crate) fn refusal(&self, more: &[(&str, &str)]) -> String {
        match Orchestrator::start(&self.command(more)) {
            Ok(_) => panic!("it should not have started"),
            Err(words) => words,
        }
    }

    pub(crate) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        self.site.dynamodb()
    }

    pub(crate) async fn make_queue(&self, name: &str) {
        self.site.sqs().create_queue().queue_name(name).send().await.unwrap();
    }

    pub(crate) async fn remove_queue(&self, name: &str) {
        let sqs = self.site.sqs();
        let url = sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
        sqs.delete_queue().queue_url(url).send().await.unwrap();
    }

    pub(crate) fn ecs(&self) -> aws_sdk_ecs::Client {
        aws_sdk_ecs::Client::new(&self.site.config)
    }

    /// How many tasks there are that have not been stopped.
    pub(crate) async fn tasks(&self) -> usize {
        self.running_tasks().await.len()
    }

    pub(crate) async fn stop_tasks(&self, reason: &str) {
        for task in self.running_tasks().await {
            let stop = self.ecs().stop_task().cluster(self.names().cluster());
            stop.task(task).reason(reason).send().await.unwrap();
        }
    }

    async fn running_tasks(&self) -> Vec<String> {
        let list = self.ecs().list_tasks().cluster(self.names().cluster());
        list.send().await.unwrap().task_arns.unwrap_or_default()
    }

    pub(crate) async fn keep_secret(&self, name: &str, text: &str) {
        let secrets = aws_sdk_secretsmanager::Client::new(&self.site.config);
        let name = self.site.names.secret(name);
        secrets.create_secret().name(name).secret_string(text).send().await.unwrap();
    }

    fn command(&self, more: &[(&str, &str)]) -> impl Fn() -> Command {
        let variables = self.variables();
        let more = owned(more);
        let task = self.task.clone();
        let task = task.into_iter().map(|(name, value)| (orchestrator::for_tasks(&name), value));
        let task: Vec<_> = task.collect();
        let work = self.work.path().to_owned();
        move || {
            let mut command = Orchestrator::command();
            command.envs(variables.clone()).envs(task.clone()).envs(more.clone());
            command.env("TMPDIR", &work);
            command
        }
    }

    /// What infrastructure puts into the environment of orchestrators.
    fn variables(&self) -> Vec<(String, String)> {
        let own = [
            ("AGENT_RUNNER_SUBNETS", "subnet-0a1b"),
            ("AGENT_RUNNER_SECURITY_GROUPS", "sg-0a1b"),
            ("AGENT_RUNNER_ARCHITECTURE", "x86_64"),
            ("AGENT_RUNNER_LISTEN", "127.0.0.1:0"),
            ("AGENT_RUNNER_MAX_RUNNING", orchestrator::max_running()),
        ];
        [self.common_variables(), owned(&own)].concat()
    }

    /// And into that of workers.
    pub(crate) fn common_variables(&self) -> Vec<(String, String)> {
        owned(&[
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AGENT_RUNNER_BACKEND", "aws"),
            ("AGENT_RUNNER_NAME", &self.site.names.table()),
            ("AGENT_RUNNER_BUCKET", &self.bucket),
        ])
    }

    async fn make_cluster(&self) {
        let ecs = self.ecs();
        let names = &self.site.names;
        ecs.create_cluster().cluster_name(names.cluster()).send().await.unwrap();
        let variables = [self.common_variables(), self.task.clone()].concat();
        let pair = |(name, value)| KeyValuePair::builder().name(name).value(value).build();
        let container = ContainerDefinition::builder()
            .name("worker")
            .image(orchestrator::worker_image().unwrap_or_else(|| "agent-runner-worker".to_owned()))
            .set_environment(Some(variables.into_iter().map(pair).collect()));
        // The emulator listens on this machine only.
        let family = ecs.register_task_definition().network_mode(NetworkMode::Host);
        let family = family.family(names.worker_family("small", "x86_64"));
        family.container_definitions(container.build()).send().await.unwrap();
    }
}

async fn news(site: &Site, manner: Manner) -> News {
    let client = site.sqs();
    let url = client.get_queue_url().queue_name(site.names.task_events()).send().await;
    let queue = Queue { client, url: url.unwrap().queue_url.unwrap() };
    News::start(aws_sdk_ecs::Client::new(&site.config), site.names.cluster(), queue, manner)
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
