//! A folder to work in, for handlers that need one.

use std::{io, path::PathBuf};

use tempfile::TempDir;

use super::Context;

/// Where working folders are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkRoot {
    /// In this folder, named `<job>-<attempt>`, so that whoever started the worker can remove what a killed
    /// one has left.
    Folder(PathBuf),
    /// In the system's folder for temporary files.
    Temporary,
}

impl Context {
    /// Makes an empty folder for this attempt. It is removed with all its content when the value is dropped.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn make_folder(&self) -> io::Result<TempDir> {
        let name = format!("{}-{}", self.job_id, self.attempt);
        match &self.surroundings.work_root {
            WorkRoot::Folder(root) => {
                std::fs::create_dir_all(root)?;
                // Of an attempt with this number nobody else can be at work; a leftover is of no use.
                match std::fs::remove_dir_all(root.join(&name)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                tempfile::Builder::new().prefix(&name).rand_bytes(0).tempdir_in(root)
            }
            WorkRoot::Temporary => tempfile::Builder::new().prefix(&format!("{name}-")).tempdir(),
        }
    }
}
