//! Files that a program leaves.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use agent_runner_domain::{
    job::{CauseKind, Failure},
    ports::ArtifactName,
};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::remark;
use crate::Context;

/// Stands ready in the working folder; whatever is in it at the end is kept.
pub(super) const FOLDER: &str = "artifacts";
const FILES_MAX: usize = 1_000;

/// A file that was kept.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Kept {
    name: String,
    bytes: u64,
}

/// What there is to keep, and remarks on what there is that cannot be kept.
#[derive(Debug, Default, PartialEq)]
struct Found {
    files: BTreeMap<String, PathBuf>,
    remarks: Vec<String>,
}

/// Stores what is in [`FOLDER`], and what is named besides.
pub(super) async fn keep(
    folder: &Path,
    named: &[String],
    context: &Context,
) -> Result<Vec<Kept>, Failure> {
    let mut found = find(folder, named);
    let excess = found.files.len().saturating_sub(FILES_MAX);
    if excess > 0 {
        found.remarks.push(format!("{excess} artifacts are not kept; the limit is {FILES_MAX}"));
    }
    let mut kept = Vec::new();
    for (name, path) in found.files.into_iter().take(FILES_MAX) {
        match read(path, context.surroundings.artifact_bytes_max).await {
            Ok(bytes) => kept.push(store(&name, bytes, context).await?),
            Err(reason) => found.remarks.push(format!("`{name}` is not kept: {reason}")),
        }
    }
    for line in found.remarks {
        remark(context, line).await;
    }
    Ok(kept)
}

async fn store(name: &str, bytes: Vec<u8>, context: &Context) -> Result<Kept, Failure> {
    let name: ArtifactName = name.parse().map_err(|error| {
        Failure::lasting(CauseKind::HandlerError, format!("`{name}` cannot be kept: {error}"))
    })?;
    let info = context.put_artifact(name, bytes).await?;
    Ok(Kept { name: info.name.to_string(), bytes: info.bytes })
}

async fn read(path: PathBuf, bytes_max: usize) -> io::Result<Vec<u8>> {
    let read = spawn_blocking(move || {
        let bytes = fs::metadata(&path)?.len();
        if bytes > bytes_max as u64 {
            return Err(io::Error::other(format!(
                "it has {bytes} bytes, the limit is {bytes_max}"
            )));
        }
        fs::read(path)
    });
    read.await.map_err(io::Error::other)?
}

fn find(folder: &Path, named: &[String]) -> Found {
    let mut found = Found::default();
    collect(&folder.join(FOLDER), "", &mut found);
    for name in named {
        collect(&folder.join(name), name, &mut found);
    }
    found
}

/// Follows no links: they may lead out of the folder, to files without an end.
fn collect(path: &Path, name: &str, found: &mut Found) {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) => return found.remarks.push(format!("`{name}` is not kept: {error}")),
    };
    if about.is_file() {
        match name.parse::<ArtifactName>() {
            Ok(_) => drop(found.files.insert(name.to_owned(), path.to_owned())),
            Err(error) => found.remarks.push(format!("`{name}` is not kept: {error}")),
        }
    } else if about.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            let own = entry.file_name().to_string_lossy().into_owned();
            let name = if name.is_empty() { own } else { format!("{name}/{own}") };
            collect(&entry.path(), &name, found);
        }
    } else {
        found.remarks.push(format!("`{name}` is not kept: it is neither a file nor a folder"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_folder_and_by_name_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("artifacts/deep")).unwrap();
        for name in ["artifacts/a", "artifacts/deep/b", "report", "other"] {
            fs::write(path(name), name).unwrap();
        }
        std::os::unix::fs::symlink("/dev/zero", path("artifacts/endless")).unwrap();
        let found = find(folder.path(), &["report".to_owned(), "missing".to_owned()]);
        assert_eq!(found.files.keys().collect::<Vec<_>>(), ["a", "deep/b", "report"]);
        assert_eq!(found.remarks.len(), 2, "{:?}", found.remarks);
    }
}
