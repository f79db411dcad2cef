//! Artifacts as files, which anybody may open: `<root>/<job>/<attempt>/<name>`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use agent_runner_domain::{
    JobId,
    ports::{ArtifactError, ArtifactInfo, ArtifactKey, ArtifactStore},
};
use async_trait::async_trait;
use tokio::task::spawn_blocking;

/// Unfinished files wait here, which is no job's name.
const UNFINISHED: &str = "unfinished";

/// An [`ArtifactStore`] below one folder.
#[derive(Debug)]
pub struct FileArtifacts {
    root: PathBuf,
    unfinished: AtomicU64,
}

impl FileArtifacts {
    /// Removes what an earlier process left unfinished.
    ///
    /// # Errors
    /// When the folder cannot be made or written to.
    pub fn open(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let unfinished = root.join(UNFINISHED);
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(unfinished)?;
        Ok(Self { root, unfinished: AtomicU64::new(0) })
    }

    fn job_folder(&self, job: JobId) -> PathBuf {
        self.root.join(job.to_string())
    }

    fn path(&self, key: &ArtifactKey) -> PathBuf {
        // An `ArtifactName` is relative and never leaves its folder.
        self.job_folder(key.job).join(key.attempt.to_string()).join(key.name.as_str())
    }

    fn next_unfinished(&self) -> PathBuf {
        let number = self.unfinished.fetch_add(1, Ordering::Relaxed);
        self.root.join(UNFINISHED).join(number.to_string())
    }
}

#[async_trait]
impl ArtifactStore for FileArtifacts {
    async fn put(
        &self,
        key: &ArtifactKey,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, ArtifactError> {
        let (unfinished, path, root) = (self.next_unfinished(), self.path(key), self.root.clone());
        let bytes = content.len() as u64;
        let name = key.name.clone();
        let written = blocking(move || {
            write_durably(&unfinished, &path, &root, &content).inspect_err(|_| {
                // What is left of it is removed by the next start at the latest.
                let _ = fs::remove_file(&unfinished);
            })
        });
        written
            .await
            .map_err(|error| ArtifactError(format!("`{name}` cannot be written: {error}")))?;
        Ok(ArtifactInfo { name, attempt: key.attempt, bytes })
    }

    async fn get(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, ArtifactError> {
        let path = self.path(key);
        match blocking(move || fs::read(path)).await {
            Ok(content) => Ok(Some(content)),
            Err(error) if is_absence(&error) => Ok(None),
            Err(error) => Err(ArtifactError(format!("`{}` cannot be read: {error}", key.name))),
        }
    }

    async fn list(&self, job: JobId) -> Result<Vec<ArtifactInfo>, ArtifactError> {
        let folder = self.job_folder(job);
        blocking(move || list(&folder))
            .await
            .map_err(|error| ArtifactError(format!("the files of {job} cannot be listed: {error}")))
    }

    async fn url(&self, _: &ArtifactKey) -> Result<Option<String>, ArtifactError> {
        Ok(None)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

/// A folder in place of a file, or a file in place of a folder: either way, the file asked for is not there.
fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | IsADirectory | NotADirectory)
}

/// Readers see the old file or the new one, and so they do after a power cut.
fn write_durably(unfinished: &Path, path: &Path, root: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    let folder = path.parent().expect("a file is in a folder");
    fs::create_dir_all(folder)?;
    fs::rename(unfinished, path)?;
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn list(job: &Path) -> io::Result<Vec<ArtifactInfo>> {
    let mut found = Vec::new();
    for (attempt, folder) in entries(job)? {
        if let Ok(attempt) = attempt.parse() {
            collect(&folder, "", attempt, &mut found)?;
        }
    }
    found.sort_by(|a, b| (a.attempt, &a.name).cmp(&(b.attempt, &b.name)));
    Ok(found)
}

fn collect(
    folder: &Path,
    prefix: &str,
    attempt: u32,
    found: &mut Vec<ArtifactInfo>,
) -> io::Result<()> {
    for (name, path) in entries(folder)? {
        let name = format!("{prefix}{name}");
        let about = fs::symlink_metadata(&path)?;
        if about.is_dir() {
            collect(&path, &format!("{name}/"), attempt, found)?;
        } else if let Ok(name) = name.parse() {
            found.push(ArtifactInfo { name, attempt, bytes: about.len() });
        }
    }
    Ok(())
}

/// A folder that is not there has none.
fn entries(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let listing = match fs::read_dir(folder) {
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        listing => listing?,
    };
    listing
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
        })
        .collect()
}
