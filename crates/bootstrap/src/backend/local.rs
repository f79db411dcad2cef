//! This machine as a backend.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent_runner_domain::ports::Clock;
use agent_runner_local::{
    artifact_store::FileArtifacts, data_folder::DataFolder, database::Database,
};
use anyhow::Context;

use super::{
    Backend, Opened,
    local_workers::{self, LocalWorkers},
};
use crate::{
    ServeArgs,
    callbacks::{HttpCallbacks, Signer, Signing},
    settings,
    world::{RandomIds, SystemClock},
};

/// An opened data folder and all that lives on it.
pub struct Local {
    pub folder: DataFolder,
    /// Where workers speak to this process.
    pub worker_socket: PathBuf,
    /// Who may, as the mode of that socket.
    pub worker_socket_mode: u32,
}

/// Takes the data folder and opens what is in it. Has to be called within a tokio runtime.
///
/// # Errors
/// One sentence with what is wrong and what to do.
pub(super) async fn open(
    data: &Path,
    args: &ServeArgs,
    own_worker: Option<&[OsString]>,
) -> anyhow::Result<Opened> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
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
    let LocalWorkers { launcher, socket, socket_mode } =
        local_workers::open(&folder, args, own_worker).await?;
    Ok(Opened {
        store: Arc::new(database.job_store()),
        queue: Arc::new(database.work_queue(clock.clone())),
        launcher,
        artifacts: Arc::new(artifacts),
        callbacks: Arc::new(callbacks),
        ledger: Arc::new(database.ledger()),
        ids: Arc::new(RandomIds::default()),
        secrets: Arc::new(settings::of_environment()),
        api_keys: None,
        clock,
        backend: Backend::Local(Local {
            folder,
            worker_socket: socket,
            worker_socket_mode: socket_mode,
        }),
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
