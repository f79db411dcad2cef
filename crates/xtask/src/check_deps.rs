//! Who imports whom is what `table` says.
//!
//! Looks at direct dependencies only: what a crate names is what it knows.

mod manifest;
mod source;
mod table;

use std::process::ExitCode;

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{Dependency, Metadata, Package};

use crate::{findings, workspace};

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let metadata = workspace::manifests()?;
    let mut faults = Vec::new();
    for package in &metadata.packages {
        faults.extend(faults_of(package, &metadata)?);
    }
    let looked_at = format!("{} crates", metadata.packages.len());
    Ok(findings::conclude("check-deps", &looked_at, &faults))
}

fn faults_of(package: &Package, metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let folder = package.manifest_path.parent().unwrap_or(Utf8Path::new(""));
    let name = folder.file_name().unwrap_or_default();
    let Some(row) = table::row(name) else {
        return Ok(vec![format!(
            "{name} has no row in crates/xtask/src/check_deps/table.rs: say there what it may import"
        )]);
    };
    let mut faults: Vec<String> = package
        .dependencies
        .iter()
        .filter_map(|dependency| manifest::fault_of(row, &declared(dependency, metadata)))
        .collect();
    faults.extend(source::faults(row, folder)?);
    Ok(faults)
}

fn declared<'a>(dependency: &'a Dependency, metadata: &Metadata) -> manifest::Declared<'a> {
    let ours = dependency.path.as_deref().filter(|path| path.starts_with(&metadata.workspace_root));
    manifest::Declared {
        package: &dependency.name,
        ours: ours.and_then(Utf8Path::file_name),
        kind: dependency.kind,
    }
}
