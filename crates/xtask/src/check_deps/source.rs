//! Which files name a path that is confined to a few of them.
//!
//! Reads text, not syntax: a mention in a doc link ties two crates together as well.

use std::fs;

use anyhow::Context;
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use super::table::{Confined, Row};

/// Every place in the sources of a crate that breaks a confinement of its row.
pub(super) fn faults(row: &Row, folder: &Utf8Path) -> anyhow::Result<Vec<String>> {
    if row.confined.is_empty() {
        return Ok(Vec::new());
    }
    let mut faults = Vec::new();
    for path in rust_files(&folder.join("src"))? {
        let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let file = path.strip_prefix(folder).unwrap_or(&path).as_str();
        for rule in row.confined.iter().filter(|rule| !rule.files.contains(&file)) {
            faults.extend(mentions(&text, rule.path).map(|line| {
                format!("crates/{}/{file}:{line} names {}: {}", row.name, rule.path, advice(rule))
            }));
        }
    }
    Ok(faults)
}

fn advice(rule: &Confined) -> String {
    if rule.files.is_empty() {
        return rule.reason.to_owned();
    }
    format!("{} (only {} may)", rule.reason, rule.files.join(" or "))
}

/// The lines on which a path is named, be it `a::b` or `use a::{b, c}`.
fn mentions<'t>(text: &'t str, path: &'t str) -> impl Iterator<Item = usize> + 't {
    let (root, module) = path.split_once("::").unwrap_or((path, ""));
    text.match_indices(root)
        .filter(move |(at, _)| {
            let (before, after) = (&text[..*at], &text[at + root.len()..]);
            !before.ends_with(is_word) && !after.starts_with(is_word) && leads_to(after, module)
        })
        .map(|(at, _)| text[..at].matches('\n').count() + 1)
}

fn leads_to(after_root: &str, module: &str) -> bool {
    if module.is_empty() {
        return true;
    }
    let Some(rest) = after_root.strip_prefix("::") else {
        return false;
    };
    let reach = if rest.starts_with('{') { group(rest) } else { first_word(rest) };
    reach.split(|c| !is_word(c)).any(|word| word == module)
}

/// A braced group of imports, with the groups inside it.
fn group(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return &text[..at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    text
}

fn first_word(text: &str) -> &str {
    text.split(|c| !is_word(c)).next().unwrap_or(text)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn rust_files(folder: &Utf8Path) -> anyhow::Result<Vec<Utf8PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = folder.read_dir_utf8().with_context(|| format!("listing {folder}"))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.into_path());
            } else if entry.path().extension() == Some("rs") {
                files.push(entry.into_path());
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_deps::table::row;

    fn lines(text: &str, path: &str) -> Vec<usize> {
        mentions(text, path).collect()
    }

    #[test]
    fn a_crate_is_found_wherever_it_is_named() {
        let text = "use agent_runner_worker::run;\n\nfn f() { agent_runner_worker::run() }\n";
        assert_eq!(lines(text, "agent_runner_worker"), [1, 3]);
        assert!(lines("use agent_runner_worker_pool::X;", "agent_runner_worker").is_empty());
    }

    #[test]
    fn a_module_is_found_alone_and_in_a_group() {
        let path = "agent_runner_domain::ports";
        assert_eq!(lines("use agent_runner_domain::ports::JobStore;", path), [1]);
        assert_eq!(lines("use agent_runner_domain::{\n JobId,\n ports::JobStore };", path), [1]);
        assert!(lines("use agent_runner_domain::{JobId};\nlet ports = 3;", path).is_empty());
        assert!(lines("agent_runner_domain::JobId::from(ports)", path).is_empty());
    }

    #[test]
    fn a_confined_crate_may_be_named_in_its_file_only() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir_all(root.join("src/commands")).unwrap();
        let call = "fn f() { agent_runner_worker::run() }";
        fs::write(root.join("src/programs.rs"), call).unwrap();
        fs::write(root.join("src/commands/run.rs"), call).unwrap();

        let faults = faults(row("cli").unwrap(), root).unwrap();

        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].starts_with("crates/cli/src/commands/run.rs:1 names agent_runner_worker")
        );
    }
}
