//! The program: configuration in, a serving orchestrator out. Used by the binary of this crate and by the
//! command line, which also starts it in its own process for the time of one command.

mod sockets;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use agent_runner_api_types::ProviderView;
use agent_runner_bootstrap::{
    Backend,
    backend::{self, Local, Opened},
    config, random,
    settings::{ProviderSetup, Settings},
    shutdown, telemetry,
};
use agent_runner_domain::TenantId;
use agent_runner_engine::{
    Catalog, Engine, Ports,
    runner::{self, RunnerConfig, Running},
};
use anyhow::Context;
use tokio::{
    net::{TcpListener, UnixListener},
    runtime::{Builder, Runtime},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use crate::access::{KeyEntry, NewKey, Scope};
use crate::{
    access::{Access, Keys},
    app::{App, Parts},
    frame::Site,
    metrics::{MeteredLedger, MeteredStore, Metrics},
    openapi::Description,
    server,
};

pub use agent_runner_bootstrap::ServeArgs;

/// How long the loops may take to end their pass when the server stops.
const LOOPS_PATIENCE: Duration = Duration::from_secs(5);

/// What to serve.
#[derive(Debug, Clone)]
pub struct Config {
    /// See [`data_folder`].
    pub data: PathBuf,
    pub args: ServeArgs,
    /// The arguments by which the running program itself is a worker, if it can be one.
    pub own_worker: Option<Vec<OsString>>,
    /// Without it jobs are accepted and shown, and none is started here.
    pub dispatch: bool,
    /// Where a simulator plays all models. Without it, only real ones are asked.
    pub demo: Option<String>,
}

impl Config {
    /// A server for the time of one command.
    #[must_use]
    pub fn embedded(data: PathBuf, own_worker: Option<Vec<OsString>>, dispatch: bool) -> Self {
        Self { data, args: ServeArgs::embedded(), own_worker, dispatch, demo: None }
    }
}

/// A server that answers.
pub struct RunningServer {
    url: String,
    stopping: CancellationToken,
    listeners: TaskTracker,
    loops: Running,
    /// Owned to the end: nobody else may open the folder before everything has stopped.
    local: Local,
}

/// The data folder that was named, else the user's own.
///
/// # Errors
/// When none was named and the environment does not tell the user's home.
pub fn data_folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    config::data_folder(named)
}

/// Where the server that owns the folder can be reached, if one does.
#[must_use]
pub fn owner_url(data: &Path) -> Option<String> {
    backend::owner_url(data)
}

/// Whether somebody owns the folder, who may not answer yet or no longer.
#[must_use]
pub fn is_owned(data: &Path) -> bool {
    backend::is_owned(data)
}

/// Makes an API key; the key itself is shown to whoever asked and kept nowhere.
#[must_use]
pub fn new_key(name: &str, tenant: TenantId, scopes: Vec<Scope>) -> NewKey {
    NewKey::new(name, tenant, scopes, random::bytes())
}

/// What a server runs on. Two threads are plenty: the work is waiting, for disks and for workers.
///
/// # Errors
/// When threads cannot be started.
pub fn runtime() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

/// Serves until the process is asked to stop.
///
/// # Errors
/// What kept it from starting, in one sentence with what to do.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    telemetry::start();
    let server = start(config).await?;
    println!("agent-runner serves {} (data in {})", server.url(), server.data().display());
    shutdown::requested().await.context("signals cannot be listened to")?;
    tracing::info!(
        "Workers that run are left running; the next orchestrator on this data folder takes them over"
    );
    server.stop().await;
    tracing::info!("Stopped");
    Ok(())
}

/// Starts a server and returns once it answers.
///
/// # Errors
/// As [`serve`].
pub async fn start(config: Config) -> anyhow::Result<RunningServer> {
    let Config { data, args, own_worker, dispatch, demo } = config;
    args.server.validate()?;
    let access = access(&args)?;
    let settings = Settings::of_environment(demo.as_deref());
    settings.check().await?;
    let providers = settings.providers().await?.iter().map(shown).collect();
    let opened = backend::open_local(&data, &args, own_worker.as_deref())?;
    let api = sockets::tcp(args.server.listen).await?;
    let url = format!("http://{}", api.local_addr()?);
    let metrics = Metrics::default();
    let (engine, Backend::Local(mut local)) = engine(opened, settings, &metrics);
    let workers = sockets::unix(&local.worker_socket)?;
    let stopping = CancellationToken::new();
    let app = App::new(Parts {
        jobs: engine.jobs(),
        description: Description::new(matches!(access, Access::Keys(_))),
        engine: engine.clone(),
        access,
        metrics,
        allow_private_callbacks: args.callbacks.allow_private_callbacks,
        providers,
        demo: demo.is_some(),
        stopping: stopping.clone(),
    });
    let listeners = listen(api, workers, &Site::new(app));
    let loops = runner::start(&engine, RunnerConfig { dispatch }).await?;
    local.folder.announce(&url).context("the data folder cannot be written")?;
    Ok(RunningServer { url, stopping, listeners, loops, local })
}

fn access(args: &ServeArgs) -> anyhow::Result<Access> {
    let Some((text, path)) = args.server.key_file()? else { return Ok(Access::Loopback) };
    let keys = Keys::parse(&text);
    Ok(Access::Keys(
        keys.with_context(|| format!("the key file {} cannot be used", path.display()))?,
    ))
}

fn engine(opened: Opened, settings: Settings, metrics: &Metrics) -> (Engine, Backend) {
    let catalog =
        Catalog::new(agent_runner_handlers::catalog()).read_by(agent_runner_handlers::check);
    let ports = Ports {
        store: std::sync::Arc::new(MeteredStore::new(opened.store, metrics.clone())),
        queue: opened.queue,
        launcher: opened.launcher,
        artifacts: opened.artifacts,
        callbacks: opened.callbacks,
        clock: opened.clock,
        ids: opened.ids,
        ledger: std::sync::Arc::new(MeteredLedger::new(opened.ledger, metrics.clone())),
        settings: std::sync::Arc::new(settings),
    };
    (Engine::new(ports, catalog), opened.backend)
}

fn shown(setup: &ProviderSetup) -> ProviderView {
    let ProviderSetup { name, key_name, has_key, is_local } = *setup;
    ProviderView { name: name.to_owned(), key_name: key_name.to_owned(), has_key, is_local }
}

fn listen(api: TcpListener, workers: UnixListener, site: &Site) -> TaskTracker {
    let listeners = TaskTracker::new();
    listeners.spawn(server::serve(api, site.clone()));
    listeners.spawn(server::serve(workers, site.clone()));
    listeners.close();
    listeners
}

impl RunningServer {
    /// Where the API is: `http://127.0.0.1:8000`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    #[must_use]
    pub fn data(&self) -> &Path {
        self.local.folder.path()
    }

    /// Lets requests under way end, ends streams and loops. Workers are left running: they go on with the next
    /// orchestrator of the same data folder.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.listeners.wait().await;
        self.loops.stop(LOOPS_PATIENCE).await;
        sockets::remove(&self.local.worker_socket);
    }
}
