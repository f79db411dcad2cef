//! Files that outlive their attempt.

use std::{
    fs::{self, Metadata},
    io,
    path::Path,
};

use agent_runner_domain::{
    job::{CauseKind, Failure},
    ports::ArtifactName,
};
use tokio::task::spawn_blocking;

use super::{ARTIFACTS, Folder, State};
use crate::Context;

const KEPT_FILES_MAX: usize = 200;
/// Looked at; whoever leaves more leaves no files for people.
const FOUND_MAX: usize = 10_000;

impl Folder {
    /// Keeps one file as an artifact.
    ///
    /// # Errors
    /// The inner one is for the model: the file cannot be kept.
    pub(in crate::tools) async fn keep(
        &self,
        name: &str,
        context: &Context,
    ) -> Result<Result<(), String>, Failure> {
        let Ok(artifact) = name.parse::<ArtifactName>() else {
            return Ok(Err(format!("`{name}` cannot be the name of an artifact")));
        };
        let path = self.root.join(name);
        let bytes_max = context.surroundings.artifact_bytes_max;
        let read = spawn_blocking(move || read_whole(&path, bytes_max)).await;
        let (bytes, state) = match read.map_err(io::Error::other).and_then(|read| read) {
            Ok(read) => read,
            Err(error) => return Ok(Err(format!("`{name}` is not kept: {error}"))),
        };
        if self.kept.borrow().get(name) != Some(&state) {
            context.put_artifact(artifact, bytes).await?;
            self.kept.borrow_mut().insert(name.to_owned(), state);
        }
        Ok(Ok(()))
    }

    /// Keeps what is new or changed in [`ARTIFACTS`]. The names, and remarks on what was not kept.
    pub(in crate::tools) async fn keep_artifacts(
        &self,
        context: &Context,
    ) -> Result<(Vec<String>, Vec<String>), Failure> {
        let mut names = Vec::new();
        collect(&self.root.join(ARTIFACTS), ARTIFACTS, &mut names);
        names.retain(|(name, state)| self.kept.borrow().get(name) != Some(state));
        names.sort();
        let (mut kept, mut remarks) = (Vec::new(), Vec::new());
        if names.len() > KEPT_FILES_MAX {
            remarks.push(format!("only {KEPT_FILES_MAX} of {} new files are kept", names.len()));
        }
        for (name, _) in names.into_iter().take(KEPT_FILES_MAX) {
            match self.keep(&name, context).await? {
                Ok(()) => kept.push(name),
                Err(remark) => remarks.push(remark),
            }
        }
        Ok((kept, remarks))
    }

    /// Puts a kept file of an earlier attempt back.
    pub(in crate::tools) async fn restore(
        &self,
        name: &str,
        context: &Context,
    ) -> Result<(), Failure> {
        let (Ok(artifact), Ok(path)) = (name.parse::<ArtifactName>(), self.locate(name)) else {
            return Ok(());
        };
        let Some(bytes) = context.artifact(context.job_id, &artifact).await? else {
            return Ok(());
        };
        let written = fs::create_dir_all(path.parent().unwrap_or(&self.root))
            .and_then(|()| fs::write(&path, bytes))
            .and_then(|()| fs::symlink_metadata(&path));
        match written {
            Ok(about) => {
                self.kept.borrow_mut().insert(name.to_owned(), state(&about));
                Ok(())
            }
            Err(error) => {
                let message = format!("`{name}` of an earlier attempt cannot be put back: {error}");
                Err(Failure::passing(CauseKind::HandlerError, message))
            }
        }
    }
}

fn state(about: &Metadata) -> State {
    (about.len(), about.modified().ok())
}

fn collect(folder: &Path, name: &str, found: &mut Vec<(String, State)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if found.len() == FOUND_MAX {
            return;
        }
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        // Of the entry itself, not of what a link leads to.
        match entry.metadata() {
            Ok(about) if about.is_file() => found.push((name, state(&about))),
            Ok(about) if about.is_dir() => collect(&entry.path(), &name, found),
            _ => {}
        }
    }
}

/// Opening what is no file may wait for ever.
fn read_whole(path: &Path, bytes_max: usize) -> io::Result<(Vec<u8>, State)> {
    let about = fs::symlink_metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if about.len() > bytes_max as u64 {
        let message = format!("it has {} bytes, the limit is {bytes_max}", about.len());
        return Err(io::Error::other(message));
    }
    Ok((fs::read(path)?, state(&about)))
}
