//! This machine as a backend.

use std::{
    ffi::OsString,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use agent_runner_domain::{job::Terms, ports::Clock};
use agent_runner_local::{
    artifact_store::FileArtifacts,
    data_folder::DataFolder,
    database::Database,
    launcher::{LauncherConfig, ProcessLauncher},
};
use anyhow::Context;

use super::{Backend, Opened};
use crate::{
    ServeArgs,
    callbacks::{HttpCallbacks, Signer, Signing},
    settings,
    world::{RandomIds, SystemClock},
};

/// The longest path that every system can bind a Unix socket to.
const SOCKET_PATH_BYTES_MAX: usize = 100;

/// An opened data folder and all that lives on it.
pub struct Local {
    pub folder: DataFolder,
    /// Where workers speak to this process.
    pub worker_socket: PathBuf,
}

/// Takes the data folder and opens what is in it. Has to be called within a tokio runtime.
///
/// # Errors
/// One sentence with what is wrong and what to do.
pub(super) fn open(
    data: &Path,
    args: &ServeArgs,
    own_worker: Option<&[OsString]>,
) -> anyhow::Result<Opened> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let program = args.workers.program(own_worker)?;
    let folder = DataFolder::open(data, clock.now())?;
    let database = Database::open(folder.database())?;
    let artifacts = FileArtifacts::open(folder.artifacts()).with_context(|| {
        format!("{} cannot be used for artifacts", folder.artifacts().display())
    })?;
    let signer = Signer::load(args.callbacks.callback_secret_file.as_deref(), folder.path())?;
    let callbacks = HttpCallbacks::new(
        Signing::With(signer),
        args.callbacks.allow_private_callbacks,
        clock.clone(),
    );
    let worker_socket = socket_path(folder.worker_socket());
    let launcher = ProcessLauncher::new(LauncherConfig {
        program,
        link: format!("unix:{}", worker_socket.display()),
        environment: args.workers.environment(),
        work_dir: folder.path().join("work"),
        max_running: args.workers.max_running(),
        warm: args.workers.warm_workers,
        start_by: args.workers.start_by(),
        terms: Terms::default(),
    });
    Ok(Opened {
        store: Arc::new(database.job_store()),
        queue: Arc::new(database.work_queue(clock.clone())),
        launcher: Arc::new(launcher),
        artifacts: Arc::new(artifacts),
        callbacks: Arc::new(callbacks),
        ledger: Arc::new(database.ledger()),
        ids: Arc::new(RandomIds::default()),
        secrets: Arc::new(settings::of_environment()),
        api_keys: None,
        clock,
        backend: Backend::Local(Local { folder, worker_socket }),
    })
}

/// Where the server that owns the folder can be reached, if one does.
#[must_use]
pub fn owner_url(data: &Path) -> Option<String> {
    DataFolder::owner(data).and_then(|owner| owner.url)
}

/// Whether somebody owns the folder, who may not answer yet or no longer.
#[must_use]
pub fn is_owned(data: &Path) -> bool {
    DataFolder::owner(data).is_some()
}

/// The socket's path, or where that is too long to bind, one of the temporary folder that belongs to it. Workers
/// outlive their orchestrator, so the next one must come to the same.
fn socket_path(path: PathBuf) -> PathBuf {
    if path.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
        return path;
    }
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    std::env::temp_dir().join(format!("agent-runner-{:016x}.sock", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_path_can_always_be_bound_and_stays_the_same() {
        let short = PathBuf::from("/data/worker.sock");
        assert_eq!(socket_path(short.clone()), short);
        let long = Path::new("/").join("d".repeat(200)).join("worker.sock");
        assert!(socket_path(long.clone()).as_os_str().len() <= SOCKET_PATH_BYTES_MAX);
        assert_eq!(socket_path(long.clone()), socket_path(long));
    }
}
