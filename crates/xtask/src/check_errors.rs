//! Every stable problem code has a page `docs/errors/<code>.md`, and no page outlives its code.
//!
//! A problem's `type` is the address of that page, so a missing one is a broken promise to clients.

use std::collections::BTreeSet;
use std::process::ExitCode;

use agent_runner_api_types::ProblemCode;
use anyhow::Context;
use cargo_metadata::camino::Utf8Path;

use crate::{findings, workspace};

/// The list of all pages is the one page that explains no code.
const INDEX: &str = "README";

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let folder = workspace::manifests()?.workspace_root.join("docs/errors");
    let codes: BTreeSet<String> =
        ProblemCode::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    let faults = faults(&codes, &pages(&folder)?);
    Ok(findings::conclude("check-errors", &format!("{} problem codes", codes.len()), &faults))
}

fn pages(folder: &Utf8Path) -> anyhow::Result<BTreeSet<String>> {
    let entries = folder.read_dir_utf8().with_context(|| format!("listing {folder}"))?;
    let mut pages = BTreeSet::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("listing {folder}"))?;
        let (stem, extension) = (entry.path().file_stem(), entry.path().extension());
        if let (Some(stem), Some("md")) = (stem, extension)
            && stem != INDEX
        {
            pages.insert(stem.to_owned());
        }
    }
    Ok(pages)
}

fn faults(codes: &BTreeSet<String>, pages: &BTreeSet<String>) -> Vec<String> {
    let unexplained = codes.difference(pages).map(|code| {
        format!("{code} has no page: write docs/errors/{code}.md for whoever meets the problem")
    });
    let orphaned = pages.difference(codes).map(|page| {
        format!("docs/errors/{page}.md explains no code of ProblemCode: delete or rename it")
    });
    unexplained.chain(orphaned).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().copied().map(str::to_owned).collect()
    }

    #[test]
    fn codes_and_pages_must_match_both_ways() {
        let faults =
            faults(&set(&["job_not_found", "body_too_large"]), &set(&["job_not_found", "gone"]));
        assert_eq!(faults.len(), 2);
        assert!(faults[0].starts_with("body_too_large has no page"));
        assert!(faults[1].starts_with("docs/errors/gone.md explains no code"));
    }

    #[test]
    fn the_index_and_other_files_are_no_pages() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["README.md", "job_not_found.md", "drawing.svg"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        assert_eq!(pages(folder).unwrap(), set(&["job_not_found"]));
    }
}
