//! The program: configuration in, a serving orchestrator out. Used by the binary of this crate and by the
//! command line, which also starts it in its own process for the time of one command.

mod call;
mod sockets;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use agent_runner_api_types::ProviderView;
use agent_runner_bootstrap::{
    Backend,
    backend::{self, Opened},
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

pub use self::call::{Answer, CallArgs, call, health};
pub use crate::access::{KeyEntry, NewKey, Scope};
use crate::{
    access::{Access, Keys},
    app::{App, Parts},
    frame::Site,
    metrics::{MeteredLedger, MeteredStore, Metrics},
    openapi::Description,
    server,
};

pub use agent_runner_bootstrap::{
    ServeArgs,
    config::{AwsArgs, BackendArgs, BackendKind},
    examination::{self, examine},
};

/// What to serve.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data folder that was named, where jobs are kept on this machine; see [`data_folder`].
    pub data: Option<PathBuf>,
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
        Self { data: Some(data), args: ServeArgs::embedded(), own_worker, dispatch, demo: None }
    }
}

/// A server that answers.
pub struct RunningServer {
    url: String,
    stopping: CancellationToken,
    listeners: TaskTracker,
    loops: Running,
    /// Owned to the end: nobody else may open a data folder before everything has stopped.
    backend: Backend,
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
    let opened = open(&config).await?;
    serve_on(config, opened).await
}

/// [`serve`] on a backend that was opened before, with whatever was put in the place of its parts.
///
/// # Errors
/// As [`serve`].
pub async fn serve_on(config: Config, opened: Opened) -> anyhow::Result<()> {
    let server = start_on(config, opened).await?;
    println!("agent-runner serves {} ({})", server.url(), server.backend);
    shutdown::requested().await.context("signals cannot be listened to")?;
    tracing::info!("Workers that run are left running; the next orchestrator takes them over");
    server.stop().await;
    tracing::info!("Stopped");
    Ok(())
}

/// Starts a server and returns once it answers.
///
/// # Errors
/// As [`serve`].
pub async fn start(config: Config) -> anyhow::Result<RunningServer> {
    let opened = open(&config).await?;
    start_on(config, opened).await
}

async fn open(Config { data, args, own_worker, .. }: &Config) -> anyhow::Result<Opened> {
    backend::open(data.as_deref(), args, own_worker.as_deref()).await
}

async fn start_on(config: Config, opened: Opened) -> anyhow::Result<RunningServer> {
    let Config { args, dispatch, demo, .. } = config;
    let access = access(&args, &opened)?;
    let settings = Settings::new(opened.secrets.clone(), demo.as_deref());
    settings.check().await?;
    let providers = settings.providers().await?.iter().map(shown).collect();
    let api = sockets::tcp(args.server.listen).await?;
    let url = format!("http://{}", api.local_addr()?);
    let metrics = Metrics::default();
    let (engine, mut backend) = engine(opened, settings, &metrics);
    let workers =
        backend.worker_socket().map(|(path, mode)| sockets::unix(path, mode)).transpose()?;
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
    backend.announce(&url).context("the data folder cannot be written")?;
    Ok(RunningServer { url, stopping, listeners, loops, backend })
}

/// Keys of a file come before those that the backend keeps.
fn access(args: &ServeArgs, opened: &Opened) -> anyhow::Result<Access> {
    let file = args.server.key_file()?;
    let file = file.map(|(text, path)| (text, format!("the key file {}", path.display())));
    let kept =
        opened.api_keys.as_ref().map(|(keys, name)| (keys.reveal().to_owned(), name.clone()));
    let found = file.or(kept);
    args.server.validate(found.is_some(), &opened.backend.keys_advice())?;
    let Some((text, name)) = found else { return Ok(Access::Loopback) };
    let keys = Keys::parse(&text);
    Ok(Access::Keys(keys.with_context(|| format!("{name} cannot be used"))?))
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

fn listen(api: TcpListener, workers: Option<UnixListener>, site: &Site) -> TaskTracker {
    let listeners = TaskTracker::new();
    listeners.spawn(server::serve(api, site.clone()));
    if let Some(workers) = workers {
        listeners.spawn(server::serve(workers, site.clone()));
    }
    listeners.close();
    listeners
}

impl RunningServer {
    /// Where the API is: `http://127.0.0.1:8000`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets requests under way end, ends streams and loops, and hands back what was taken to be done. Workers are
    /// left running: they go on with the next orchestrator.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.listeners.wait().await;
        self.loops.stop(self.backend.patience()).await;
        if let Some((path, _)) = self.backend.worker_socket() {
            sockets::remove(path);
        }
        self.backend.close().await;
    }
}
