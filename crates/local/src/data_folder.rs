//! The folder that a server keeps everything in, and who owns it.
//!
//! One owner at a time: whoever holds the lock on `owner.lock`. The lock ends with its process, however that
//! ends, so a crash leaves nothing to clean up. What the owner says of itself stands in `owner.json`.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use agent_runner_domain::Timestamp;
use serde::{Deserialize, Serialize};

/// Looking for an owner holds the lock for a moment; a start must not mistake that for one.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Who owns a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub pid: u32,
    /// Where its API is; absent until it listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub started_at: Timestamp,
}

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "{} is in use by {}: stop it, or choose another data folder",
        path.display(),
        named(owner.as_ref())
    )]
    Taken { path: PathBuf, owner: Option<Owner> },
    #[error(
        "{} cannot be written: check its permissions, or choose another data folder",
        path.display()
    )]
    NotWritable { path: PathBuf, source: io::Error },
    #[error("{} cannot be used as a data folder", path.display())]
    Failed { path: PathBuf, source: io::Error },
}

impl OpenError {
    fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, source }
            }
            _ => Self::Failed { path, source },
        }
    }
}

fn named(owner: Option<&Owner>) -> String {
    match owner {
        None => "another agent-runner".into(),
        Some(Owner { pid, url: None, .. }) => format!("another agent-runner (process {pid})"),
        Some(Owner { pid, url: Some(url), .. }) => {
            format!("another agent-runner (process {pid}, {url})")
        }
    }
}

/// A folder that this process owns until it drops this.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    owner: Owner,
    _lock: File,
}

impl DataFolder {
    /// Creates the folder where it is missing, for this user only, and takes it.
    ///
    /// # Errors
    /// [`OpenError::Taken`] names the owner; the others say what is wrong with the folder.
    pub fn open(path: impl AsRef<Path>, now: Timestamp) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let failed = |error| OpenError::of(path, error);
        create_private(path).map_err(failed)?;
        let lock = take_lock(path)?;
        let folder = Self {
            owner: Owner { pid: std::process::id(), url: None, started_at: now },
            path: path.to_owned(),
            _lock: lock,
        };
        folder.write_owner().map_err(failed)?;
        Ok(folder)
    }

    /// Tells clients where the API is.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn announce(&mut self, url: impl Into<String>) -> io::Result<()> {
        self.owner.url = Some(url.into());
        self.write_owner()
    }

    /// Who owns the folder now, if anybody does.
    #[must_use]
    pub fn owner(path: impl AsRef<Path>) -> Option<Owner> {
        let path = path.as_ref();
        let lock = File::open(lock_path(path)).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read_owner(path),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("agent-runner.sqlite3")
    }

    /// Where embedded workers reach the orchestrator.
    #[must_use]
    pub fn worker_socket(&self) -> PathBuf {
        self.path.join("worker.sock")
    }

    #[must_use]
    pub fn artifacts(&self) -> PathBuf {
        self.path.join("artifacts")
    }

    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// Whole or not at all: readers never see half of it.
    fn write_owner(&self) -> io::Result<()> {
        let text = serde_json::to_string(&self.owner).map_err(io::Error::other)?;
        let draft = self.path.join("owner.json.new");
        fs::write(&draft, text + "\n")?;
        fs::rename(draft, owner_path(&self.path))
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        // Only manners: who reads it first asks whether anybody holds the lock.
        let _ = fs::remove_file(owner_path(&self.path));
    }
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.join("owner.lock")
}

fn owner_path(folder: &Path) -> PathBuf {
    folder.join("owner.json")
}

fn read_owner(folder: &Path) -> Option<Owner> {
    serde_json::from_slice(&fs::read(owner_path(folder)).ok()?).ok()
}

fn create_private(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn take_lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |error| OpenError::of(folder, error);
    let mut options = File::options();
    let lock = options.create(true).truncate(false).write(true).open(lock_path(folder));
    let lock = lock.map_err(failed)?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(OpenError::Taken { path: folder.to_owned(), owner: read_owner(folder) })
}
