//! The two programs that this one can be as well: a server and a worker. Nothing else here knows of them.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use agent_runner_orchestrator::program::{self, Config, RunningServer, Scope};
pub(crate) use agent_runner_orchestrator::program::{
    AwsArgs, BackendArgs, BackendKind, ServeArgs, examination,
};

use crate::{demo::Demo, failure::Failure};

/// The hidden subcommand by which this program is a worker.
pub(crate) const WORKER: &str = "worker";

const STOP_PATIENCE: Duration = Duration::from_millis(50);

/// A server within this process, and what plays the models for it if nothing real does.
pub(crate) struct Embedded {
    server: RunningServer,
    _demo: Option<Demo>,
}

/// A key for the API and what the server is to know of it.
pub(crate) struct NewKey {
    pub(crate) key: String,
    /// A line for the key file.
    pub(crate) entry: String,
}

/// Runs one job, with the arguments behind the subcommand.
pub(crate) fn worker(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    agent_runner_worker::main_with(arguments, &[WORKER])
}

/// Where jobs are kept.
pub(crate) fn data_folder(named: Option<&Path>) -> Result<PathBuf, Failure> {
    program::data_folder(named).map_err(|error| Failure::usage(format!("{error:#}")))
}

/// Where the server that owns the folder is, if one runs.
pub(crate) fn owner_url(data: &Path) -> Option<String> {
    program::owner_url(data)
}

/// Whether somebody owns the folder, who may not answer yet or no longer.
pub(crate) fn is_owned(data: &Path) -> bool {
    program::is_owned(data)
}

/// The program that runs a job, and its first arguments.
pub(crate) fn worker_program() -> Result<Vec<OsString>, Failure> {
    let found = ServeArgs::embedded().workers.program(Some(&own_worker()));
    found.map_err(|error| Failure::machine(error.to_string()))
}

/// `data` is where jobs are kept, if that is on this machine.
pub(crate) async fn serve(
    data: Option<PathBuf>,
    args: ServeArgs,
    demo: Option<&Demo>,
) -> Result<(), Failure> {
    let demo = demo.map(|demo| demo.url().to_owned());
    let config = Config { data, args, own_worker: Some(own_worker()), dispatch: true, demo };
    program::serve(config).await.map_err(|error| Failure::machine(format!("{error:#}")))
}

/// Looks an installation on AWS over, and tells each finding at once.
pub(crate) async fn examine_aws(
    args: &AwsArgs,
    tell: &mut (dyn FnMut(examination::Finding) + Send),
) -> Result<(), Failure> {
    let examined = program::examine(args, tell).await;
    examined.map_err(|error| Failure::usage(format!("{error:#}")))
}

/// Starts a server within this process; with `dispatch` it runs jobs, else it only looks at them.
pub(crate) async fn embed(
    data: &Path,
    dispatch: bool,
    demo: Option<Demo>,
) -> Result<Embedded, Failure> {
    let mut config = Config::embedded(data.to_owned(), Some(own_worker()), dispatch);
    config.demo = demo.as_ref().map(|demo| demo.url().to_owned());
    let server = program::start(config).await;
    let server = server.map_err(|error| Failure::machine(format!("{error:#}")))?;
    Ok(Embedded { server, _demo: demo })
}

pub(crate) fn new_key(name: &str, tenant: &str, scopes: &[String]) -> Result<NewKey, Failure> {
    let tenant = tenant.parse();
    let tenant = tenant.map_err(|error| Failure::usage(format!("--tenant: {error}")))?;
    let scopes = scopes.iter().filter_map(|name| scope(name)).collect();
    let made = program::new_key(name, tenant, scopes);
    let entry = serde_json::to_string(&made.entry);
    let entry = entry.map_err(|error| Failure::machine(error.to_string()))?;
    Ok(NewKey { key: made.key, entry })
}

fn scope(name: &str) -> Option<Scope> {
    [Scope::Read, Scope::Write, Scope::Admin].into_iter().find(|scope| scope.to_string() == name)
}

fn own_worker() -> Vec<OsString> {
    vec![WORKER.into()]
}

impl Embedded {
    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    /// Nobody at a terminal wants to wait for loops that wait for work: everything is stored, and what is cut
    /// off is done again by the next server.
    pub(crate) async fn stop(self) {
        let _ = tokio::time::timeout(STOP_PATIENCE, self.server.stop()).await;
    }
}
