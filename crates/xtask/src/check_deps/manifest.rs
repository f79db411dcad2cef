//! What a manifest declares, held against its row of the table.

use cargo_metadata::DependencyKind;

use super::table::{Row, Tests};

/// One line under `[dependencies]` or its siblings.
pub(super) struct Declared<'a> {
    pub(super) package: &'a str,
    /// The folder in `crates/`, if it is one of ours.
    pub(super) ours: Option<&'a str>,
    pub(super) kind: DependencyKind,
}

/// What is wrong with one declared dependency, if anything is.
pub(super) fn fault_of(row: &Row, declared: &Declared) -> Option<String> {
    let for_tests = declared.kind == DependencyKind::Development;
    match declared.ours {
        Some(name) if for_tests => may_test_with(row, name).err(),
        Some(name) => may_import(row, name).err(),
        None if for_tests => None,
        None => may_use(row, declared.package).err(),
    }
}

fn may_import(row: &Row, name: &str) -> Result<(), String> {
    if row.may_import.contains(&name) {
        return Ok(());
    }
    if name == "testkit" {
        return Err(format!("{} imports testkit, which is for dev-dependencies only", row.name));
    }
    Err(format!("{} must not import {name}: {}", row.name, row.reason))
}

fn may_test_with(row: &Row, name: &str) -> Result<(), String> {
    let allowed = match row.tests {
        Tests::Nothing => false,
        Tests::Testkit => name == "testkit",
        Tests::Anything => true,
    };
    if allowed || row.may_import.contains(&name) {
        return Ok(());
    }
    Err(format!("the tests of {} must not import {name}: {}", row.name, row.reason))
}

fn may_use(row: &Row, package: &str) -> Result<(), String> {
    if !row.banned.iter().any(|pattern| matches(pattern, package)) {
        return Ok(());
    }
    Err(format!("{} must not depend on {package}: {}", row.name, row.reason))
}

fn matches(pattern: &str, package: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => package.starts_with(prefix),
        None => package == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_deps::table::row;

    fn fault(
        name: &str,
        package: &str,
        ours: Option<&str>,
        kind: DependencyKind,
    ) -> Option<String> {
        fault_of(row(name).unwrap(), &Declared { package, ours, kind })
    }

    #[test]
    fn an_arrow_of_the_table_may_be_followed_and_not_turned_round() {
        let normal = DependencyKind::Normal;
        assert_eq!(fault("engine", "agent-runner-domain", Some("domain"), normal), None);
        let back = fault("domain", "agent-runner-engine", Some("engine"), normal).unwrap();
        assert!(back.starts_with("domain must not import engine: the domain is pure"), "{back}");
    }

    #[test]
    fn testkit_is_a_dev_dependency_of_libraries_and_of_nobody_else() {
        let testkit = "agent-runner-testkit";
        assert_eq!(fault("local", testkit, Some("testkit"), DependencyKind::Development), None);
        assert!(fault("local", testkit, Some("testkit"), DependencyKind::Normal).is_some());
        assert!(fault("domain", testkit, Some("testkit"), DependencyKind::Development).is_some());
    }

    #[test]
    fn tests_of_a_program_may_start_the_others() {
        let kind = DependencyKind::Development;
        assert_eq!(fault("orchestrator", "agent-runner-worker", Some("worker"), kind), None);
        assert!(fault("engine", "agent-runner-local", Some("local"), kind).is_some());
    }

    #[test]
    fn banned_crates_are_refused_by_name_and_by_prefix() {
        assert!(fault("engine", "rusqlite", None, DependencyKind::Normal).is_some());
        assert!(fault("orchestrator", "aws-sdk-s3", None, DependencyKind::Build).is_some());
        assert_eq!(fault("engine", "tokio", None, DependencyKind::Normal), None);
        assert_eq!(fault("domain", "tokio", None, DependencyKind::Development), None);
    }
}
