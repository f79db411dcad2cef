//! Who starts workers on this machine, and where they speak to their orchestrator.

use std::{
    ffi::OsString,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent_runner_domain::{job::Terms, ports::Launcher};
use agent_runner_local::{
    data_folder::DataFolder,
    docker_launcher::{DockerConfig, DockerLauncher},
    launcher::{LauncherConfig, ProcessLauncher},
};
use anyhow::{Context, bail};

use crate::{ServeArgs, config::LauncherKind};

/// The longest path that every system can bind a Unix socket to.
const SOCKET_PATH_BYTES_MAX: usize = 100;
/// For this user only.
const PRIVATE: u32 = 0o600;
/// For whoever reaches the folder that it lies in: containers, and nobody else who may not enter the data folder.
const OPEN: u32 = 0o666;
/// May be gone through by those who know what is in it.
const FOLDER: u32 = 0o711;

pub(super) struct LocalWorkers {
    pub(super) launcher: Arc<dyn Launcher>,
    pub(super) socket: PathBuf,
    /// The mode that the socket is to have.
    pub(super) socket_mode: u32,
}

/// Has to be called within a tokio runtime.
pub(super) async fn open(
    folder: &DataFolder,
    args: &ServeArgs,
    own_worker: Option<&[OsString]>,
) -> anyhow::Result<LocalWorkers> {
    match args.containers.launcher {
        LauncherKind::Process => processes(folder, args, own_worker),
        LauncherKind::Docker => containers(folder, args).await,
    }
}

fn processes(
    folder: &DataFolder,
    args: &ServeArgs,
    own_worker: Option<&[OsString]>,
) -> anyhow::Result<LocalWorkers> {
    let socket = socket_path(folder.worker_socket());
    let launcher = ProcessLauncher::new(LauncherConfig {
        program: args.workers.program(own_worker)?,
        link: format!("unix:{}", socket.display()),
        environment: args.workers.environment(),
        work_dir: folder.path().join("work"),
        max_running: args.workers.max_running(),
        warm: args.workers.warm_workers,
        start_by: args.workers.start_by(),
        terms: Terms::default(),
    });
    Ok(LocalWorkers { launcher: Arc::new(launcher), socket, socket_mode: PRIVATE })
}

async fn containers(folder: &DataFolder, args: &ServeArgs) -> anyhow::Result<LocalWorkers> {
    let socket = shared_socket(folder.path())?;
    let launcher = DockerLauncher::open(DockerConfig {
        socket: args.containers.socket()?,
        image: args.containers.worker_image.clone(),
        installation: folder.path().display().to_string(),
        worker_socket: socket.clone(),
        environment: args.workers.named_environment(),
        network: args.containers.worker_network.clone(),
        limits: args.containers.limits(),
        max_running: args.workers.max_running(),
        terms: Terms::default(),
    });
    let launcher = launcher.await.context("workers cannot run in containers")?;
    Ok(LocalWorkers { launcher: Arc::new(launcher), socket, socket_mode: OPEN })
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

/// In a folder of its own, which containers see and which holds nothing else.
fn shared_socket(data: &Path) -> anyhow::Result<PathBuf> {
    let folder = data.join("link");
    let socket = folder.join("worker.sock");
    if socket.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
        bail!(
            "{} is too long a path for a socket: choose a data folder nearer to the root with --data",
            socket.display()
        );
    }
    let failed = || format!("{} cannot be made", folder.display());
    fs::create_dir_all(&folder).with_context(failed)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(FOLDER)).with_context(failed)?;
    Ok(socket)
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

    #[test]
    fn containers_cannot_be_given_a_socket_that_cannot_be_bound() {
        let error = shared_socket(&Path::new("/").join("d".repeat(200))).unwrap_err().to_string();
        assert!(error.contains("--data"), "{error}");
    }
}
