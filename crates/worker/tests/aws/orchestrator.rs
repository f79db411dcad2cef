//! An orchestrator as a process: this test program, started once more.

#![expect(clippy::disallowed_methods, reason = "a program of its own reads its environment")]

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread::JoinHandle,
};

use agent_runner_aws::{
    Aws, Names,
    launcher::{EcsLauncher, LauncherConfig as EcsConfig},
};
use agent_runner_bootstrap::{backend, telemetry};
use agent_runner_client::api::Client;
use agent_runner_domain::job::{Architecture, Terms};
use agent_runner_local::launcher::{LauncherConfig, ProcessLauncher, StartBy};
use agent_runner_orchestrator::program::{self, Config, ServeArgs};
use clap::Parser;

const NAME: &str = "orchestrator::process";
const BECOME: &str = "TEST_BECOME_ORCHESTRATOR";
/// A file that workers append what they print to, where a log group would have it.
pub(crate) const WORKER_LOG: &str = "TEST_WORKER_LOG";
/// Workers are tasks of ECS, whoever runs those.
pub(crate) const BY_ECS: &str = "TEST_BY_ECS";
/// So that nobody has to wait for minutes until something is given up.
const TERMS: Terms = Terms { launch_ms: 60_000, heartbeat_ms: 5_000, grace_ms: 4_000 };
/// Stands before what is for workers.
const FOR_TASKS: &str = "TASK_";
/// What a task's environment has of the orchestrator's.
const PASSED_ON: [&str; 9] = [
    "PATH",
    "TMPDIR",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AGENT_RUNNER_BACKEND",
    "AGENT_RUNNER_NAME",
    "AGENT_RUNNER_BUCKET",
];

pub(crate) struct Orchestrator {
    child: Child,
    pub(crate) client: Client,
    /// Passes on what it says, and ends with it.
    words: Option<JoinHandle<String>>,
}

/// The image that the emulator's ECS starts for each job, if it has a Docker daemon to start it with. It has to have
/// programs for `command` jobs in it.
pub(crate) fn worker_image() -> Option<String> {
    env::var("AGENT_RUNNER_TEST_WORKER_IMAGE").ok().filter(|image| !image.is_empty())
}

/// Of each orchestrator; of containers it is of all together, and only seen every now and then that they have ended.
pub(crate) fn max_running() -> &'static str {
    if worker_image().is_none() { "4" } else { "16" }
}

/// What a variable of workers is called on its way through an orchestrator.
pub(crate) fn for_tasks(name: &str) -> String {
    format!("{FOR_TASKS}{name}")
}

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    serve: ServeArgs,
}

/// The program, as the real one but for where workers start.
#[test]
#[ignore = "the other tests start this as a process of its own"]
fn process() {
    if env::var_os(BECOME).is_none() {
        return;
    }
    telemetry::start();
    let serve = async {
        let args = Arguments::parse_from(["orchestrator"]).serve;
        let config = Config { data: None, args, own_worker: None, dispatch: true, demo: None };
        let mut opened = backend::open(None, &config.args, None).await?;
        opened.launcher = if worker_image().is_some() || env::var_os(BY_ECS).is_some() {
            Arc::new(tasks(&config).await)
        } else {
            Arc::new(ProcessLauncher::new(launcher(config.args.workers.max_running())))
        };
        program::serve_on(config, opened).await
    };
    if let Err(error) = program::runtime().unwrap().block_on(serve) {
        eprintln!("error: {error:#}");
        std::process::exit(1);
    }
    std::process::exit(0);
}

/// As the real one has it, but for its patience with what does not start.
async fn tasks(config: &Config) -> EcsLauncher {
    let named = |variable| env::var(variable).unwrap();
    let (name, bucket) = (named("AGENT_RUNNER_NAME"), named("AGENT_RUNNER_BUCKET"));
    let aws = Aws::find(Names::new(name), bucket).await.unwrap();
    let tasks = EcsConfig {
        subnets: vec!["subnet-00000001".to_owned()],
        architecture: Architecture::X86_64,
        max_running: Some(config.args.workers.max_running()),
        terms: TERMS,
        ..EcsConfig::default()
    };
    aws.launcher(tasks).await.unwrap()
}

fn launcher(max_running: usize) -> LauncherConfig {
    let mut environment: Vec<_> =
        env::vars_os().filter(|(name, _)| PASSED_ON.iter().any(|known| name == known)).collect();
    // What infrastructure would put into the task definitions besides.
    environment.extend(env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.strip_prefix(FOR_TASKS)?.to_owned();
        Some((name.into(), value))
    }));
    LauncherConfig {
        program: worker(),
        link: "unix:/nowhere".to_owned(),
        environment,
        work_dir: env::temp_dir(),
        max_running,
        warm: 0,
        start_by: StartBy::Exec,
        terms: TERMS,
    }
}

fn worker() -> Vec<OsString> {
    let program = env!("CARGO_BIN_EXE_agent-runner-worker").into();
    match env::var_os(WORKER_LOG) {
        None => vec![program],
        Some(log) => {
            let script = r#"exec "$@" 2>>"$0""#.into();
            vec!["sh".into(), "-c".into(), script, log, program]
        }
    }
}

impl Orchestrator {
    pub(crate) fn command() -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", NAME, "--ignored", "--nocapture"]).env(BECOME, "yes");
        command
    }

    /// `Err` has what it said instead of answering.
    pub(crate) fn start(command: &impl Fn() -> Command) -> Result<Self, String> {
        let mut child = command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.by_ref().find_map(|line| {
            let line = line.ok()?;
            let line = line.strip_prefix("agent-runner serves ")?;
            Some(line.split_whitespace().next()?.to_owned())
        });
        let mut errors = child.stderr.take().unwrap();
        let Some(url) = url else {
            let mut words = String::new();
            errors.read_to_string(&mut words).unwrap();
            child.wait().unwrap();
            return Err(words);
        };
        // Whatever it says later must not fill the pipes.
        std::thread::spawn(move || lines.for_each(drop));
        let words = std::thread::spawn(move || {
            let lines = BufReader::new(errors).lines().map_while(Result::ok);
            lines.inspect(|line| eprintln!("{line}")).map(|line| line + "\n").collect()
        });
        let client = Client::new(&url, None).unwrap();
        Ok(Self { child, client, words: Some(words) })
    }

    /// `kill -9`: nothing is said to anybody.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operator does it. Returns all that it has logged.
    pub(crate) fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        assert!(self.child.wait().unwrap().success(), "a polite stop ends well");
        let words = self.words.take().expect("it is stopped once");
        words.join().unwrap()
    }
}

impl Drop for Orchestrator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
