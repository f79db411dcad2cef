//! `read_file`, `write_file`, `list_files`: the job's own folder, and nothing else.
//!
//! What is written is kept as an artifact of the same name at once, so that a later attempt, which may run on
//! another machine, finds it in its folder again.

mod keep;
mod list;
mod read;
mod write;

use std::{
    cell::RefCell,
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use agent_runner_domain::ports::ArtifactName;

pub(super) use self::{
    list::{ListFiles, NAME as LIST},
    read::{NAME as READ, ReadFile},
    write::{NAME as WRITE, WriteFile},
};

/// What programs leave in this part of the folder is kept.
const ARTIFACTS: &str = "artifacts";

/// The folder of one attempt.
pub(super) struct Folder {
    root: PathBuf,
    /// What was kept, as it was then.
    kept: RefCell<HashMap<String, State>>,
}

/// Length and time: another state is other content.
type State = (u64, Option<SystemTime>);

impl Folder {
    pub(super) fn new(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(root.join(ARTIFACTS))?;
        Ok(Self { root, kept: RefCell::default() })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file or folder is that a model names; `.` is the folder itself. Links are not followed: they may
    /// lead out of it.
    ///
    /// # Errors
    /// What is wrong with the name.
    pub(super) fn locate(&self, name: &str) -> Result<PathBuf, String> {
        let name = name.trim_end_matches('/');
        if matches!(name, "" | ".") {
            return Ok(self.root.clone());
        }
        let name: ArtifactName = name.strip_prefix("./").unwrap_or(name).parse().map_err(|_| {
            format!("`{name}` is no path in the job's folder: relative, without `..`")
        })?;
        let mut path = self.root.clone();
        for part in name.as_str().split('/') {
            path.push(part);
            if fs::symlink_metadata(&path).is_ok_and(|about| about.is_symlink()) {
                return Err(format!("`{name}` leads through a link, which is not followed"));
            }
        }
        Ok(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_folder_is_found() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path().join("work")).unwrap();
        fs::write(root.path().join("secret"), "x").unwrap();
        std::os::unix::fs::symlink(root.path(), folder.root().join("out")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.root().join("users")).unwrap();
        for name in [
            "/etc/passwd",
            "../secret",
            "a/../../secret",
            "out/secret",
            "users",
            "out",
            "a\\b",
            "a\0b",
        ] {
            assert!(folder.locate(name).is_err(), "{name}");
        }
        for name in ["a", "./a", "a/b/c", ".", "", "artifacts/"] {
            assert!(folder.locate(name).unwrap().starts_with(folder.root()), "{name}");
        }
    }
}
