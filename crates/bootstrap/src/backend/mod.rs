//! What stands behind the ports.

#[cfg(feature = "aws")]
mod aws;
#[cfg(not(feature = "aws"))]
#[path = "no_aws.rs"]
mod aws;
mod local;
mod local_workers;
#[cfg(feature = "aws")]
mod queue_when_needed;

use std::{ffi::OsString, fmt, path::Path, sync::Arc, time::Duration};

use agent_runner_domain::ports::{
    ArtifactStore, CallbackSender, Clock, Ids, JobStore, Launcher, Ledger, Secret, SecretSource,
    WorkQueue,
};

pub(crate) use self::aws::examine;
#[cfg(feature = "aws")]
pub use self::aws::{check_schema, of_worker, worker_ports};
pub use self::{
    aws::Site,
    local::{Local, is_owned, owner_url},
};
use crate::{ServeArgs, config, config::BackendKind};

/// Where jobs are kept and run.
pub enum Backend {
    /// On this machine: SQLite, child processes and files.
    Local(Local),
    /// On AWS, with nothing on this machine.
    Aws(Box<Site>),
}

/// The ports as an engine wants them, one by one, because this crate does not know the engine.
pub struct Opened {
    pub backend: Backend,
    pub store: Arc<dyn JobStore>,
    pub queue: Arc<dyn WorkQueue>,
    pub launcher: Arc<dyn Launcher>,
    pub artifacts: Arc<dyn ArtifactStore>,
    pub callbacks: Arc<dyn CallbackSender>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub ledger: Arc<dyn Ledger>,
    /// What the operator keeps secret, before anybody decides who may know what.
    pub secrets: Arc<dyn SecretSource>,
    /// The API keys that are kept where the backend keeps secrets, as the text of a key file; and what they are called.
    pub api_keys: Option<(Secret, String)>,
}

/// Opens the backend that was chosen. `data` is the data folder that was named, if one was, and `own_worker` are the
/// arguments by which this program itself is a worker, if it can be one.
///
/// # Errors
/// One sentence with what is wrong and what to do.
pub async fn open(
    data: Option<&Path>,
    args: &ServeArgs,
    own_worker: Option<&[OsString]>,
) -> anyhow::Result<Opened> {
    match args.backend.backend {
        BackendKind::Local => local::open(&config::data_folder(data)?, args, own_worker).await,
        BackendKind::Aws => aws::open(args).await,
    }
}

impl Backend {
    /// Where workers of this machine speak to this process, where they have to, and the mode that this socket is
    /// to have.
    #[must_use]
    pub fn worker_socket(&self) -> Option<(&Path, u32)> {
        match self {
            Self::Local(local) => Some((&local.worker_socket, local.worker_socket_mode)),
            Self::Aws(_) => None,
        }
    }

    /// Where API keys may be kept besides a file, as the end of a sentence.
    #[must_use]
    pub fn keys_advice(&self) -> String {
        match self {
            Self::Local(_) => String::new(),
            Self::Aws(site) => format!(", or keep its text in the secret {}", site.api_keys_name()),
        }
    }

    /// How long loops may take to end their pass when the server stops. A launch that is cut off is made up for when
    /// its deadline has passed, and on AWS a launch is a call that may be throttled.
    #[must_use]
    pub fn patience(&self) -> Duration {
        match self {
            Self::Local(_) => Duration::from_secs(5),
            Self::Aws(_) => Duration::from_secs(15),
        }
    }

    /// Nothing is asked of the ports any more.
    pub async fn close(self) {
        if let Self::Aws(site) = self {
            site.close().await;
        }
    }

    /// Lets other programs of this machine know where the API is.
    ///
    /// # Errors
    /// When the data folder cannot be written.
    pub fn announce(&mut self, url: &str) -> std::io::Result<()> {
        match self {
            Self::Local(local) => local.folder.announce(url),
            Self::Aws(_) => Ok(()),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(local) => write!(f, "data in {}", local.folder.path().display()),
            Self::Aws(site) => site.fmt(f),
        }
    }
}
