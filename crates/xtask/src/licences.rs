//! Every dependency is under a licence that `.deny.toml` allows.
//!
//! cargo-deny does this and more, but takes minutes to build; this takes the same list and seconds.

use std::fs;
use std::process::ExitCode;

use anyhow::Context;
use cargo_metadata::Package;
use cargo_metadata::camino::Utf8Path;
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::{findings, workspace};

#[derive(Deserialize)]
struct DenyFile {
    licenses: LicenceSection,
}

#[derive(Deserialize)]
struct LicenceSection {
    allow: Vec<String>,
}

pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let metadata = workspace::with_dependencies()?;
    let allowed = read_allowed(&metadata.workspace_root.join(".deny.toml"))?;
    let foreign: Vec<&Package> =
        metadata.packages.iter().filter(|package| package.source.is_some()).collect();
    let faults: Vec<String> = foreign
        .iter()
        .filter_map(|package| {
            let fault = fault_of(package.license.as_deref(), &allowed)?;
            Some(format!("{} {}: {fault}", package.name, package.version))
        })
        .collect();
    Ok(findings::conclude("licences", &format!("{} dependencies", foreign.len()), &faults))
}

fn read_allowed(path: &Utf8Path) -> anyhow::Result<Vec<Licensee>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let file: DenyFile = toml::from_str(&text).with_context(|| format!("parsing {path}"))?;
    file.licenses
        .allow
        .iter()
        .map(|name| Licensee::parse(name).with_context(|| format!("{path}: licence {name:?}")))
        .collect()
}

/// Why a package may not be used, if it may not.
fn fault_of(licence: Option<&str>, allowed: &[Licensee]) -> Option<String> {
    let Some(licence) = licence else {
        return Some("its manifest names no licence".to_owned());
    };
    // Lax, because old manifests write `MIT/Apache-2.0`.
    let expression = match Expression::parse_mode(licence, ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => {
            return Some(format!("{licence:?} is no SPDX expression: {}", error.reason));
        }
    };
    let permitted =
        expression.evaluate(|wanted| allowed.iter().any(|licence| licence.satisfies(wanted)));
    (!permitted).then(|| format!("{licence} is not in the list of .deny.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fine(licence: &str) -> bool {
        let allowed =
            ["MIT", "Apache-2.0 WITH LLVM-exception"].map(|name| Licensee::parse(name).unwrap());
        fault_of(Some(licence), &allowed).is_none()
    }

    #[test]
    fn one_allowed_alternative_is_enough() {
        assert!(is_fine("MIT OR GPL-3.0-only"));
        assert!(is_fine("MIT/Apache-2.0"));
    }

    #[test]
    fn every_part_of_a_conjunction_must_be_allowed() {
        assert!(!is_fine("MIT AND GPL-3.0-only"));
        assert!(is_fine("MIT AND Apache-2.0 WITH LLVM-exception"));
    }

    #[test]
    fn an_exception_is_not_the_bare_licence() {
        assert!(!is_fine("Apache-2.0"));
    }

    #[test]
    fn a_missing_or_unreadable_licence_is_a_fault() {
        assert!(fault_of(None, &[]).is_some());
        assert!(!is_fine("see LICENSE"));
    }
}
