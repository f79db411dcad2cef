//! Puts a file from a server below a folder: only there, and whole or not at all.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Component, Path, PathBuf},
};

use agent_runner_client::api::Download;
use tempfile::NamedTempFile;

use crate::failure::Failure;

pub(super) async fn save(
    download: &mut Download,
    name: &str,
    folder: &Path,
    force: bool,
) -> Result<PathBuf, Failure> {
    let path = folder.join(inside(name)?);
    let unwritable = |error: &dyn std::fmt::Display| {
        Failure::machine(format!("{} cannot be written: {error}", path.display()))
    };
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| unwritable(&error))?;
    let mut file = beside(parent).map_err(|error| unwritable(&error))?;
    while let Some(part) = download.next().await? {
        file.write_all(part.as_ref()).map_err(|error| unwritable(&error))?;
    }
    if force {
        file.persist(&path).map_err(|error| unwritable(&error.error))?;
    } else {
        file.persist_noclobber(&path).map_err(|error| {
            let failure = unwritable(&error.error);
            let there = error.error.kind() == std::io::ErrorKind::AlreadyExists;
            if there {
                failure.fix("write over it with --force, or choose another --output")
            } else {
                failure
            }
        })?;
    }
    Ok(path)
}

/// As open to others as any file that the user makes.
fn beside(folder: &Path) -> std::io::Result<NamedTempFile> {
    let usual = fs::Permissions::from_mode(0o666);
    tempfile::Builder::new().prefix(".agent-runner-").permissions(usual).tempfile_in(folder)
}

/// The name as a path that leads down and nowhere else, whatever the server says.
fn inside(name: &str) -> Result<&Path, Failure> {
    let path = Path::new(name);
    let down = path.components().all(|part| matches!(part, Component::Normal(_)));
    if down && !name.is_empty() {
        return Ok(path);
    }
    Err(Failure::machine(format!(
        "the file name {name:?} leads out of the folder, so it is not saved"
    ))
    .fix("write it to standard output instead: --output -"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in ["", "/etc/passwd", "../up", "a/../../b", "."] {
            assert!(inside(name).is_err(), "{name:?}");
        }
        assert!(inside("a/b.txt").is_ok());
    }
}
