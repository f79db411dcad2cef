//! The process table, read from Linux's `/proc`.

use std::{fs, io::Read};

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) group: u32,
    /// When it started; with the pid it names a process for as long as the machine runs. Clock ticks since boot.
    pub(crate) started: u64,
    /// It has ended, and only waits for its parent to notice.
    pub(crate) zombie: bool,
}

/// `None`: there is no such process.
pub(crate) fn entry(pid: u32) -> Option<Entry> {
    // `/proc/<pid>/stat` is a few hundred bytes and is written in one piece.
    let mut buffer = [0; 1_024];
    let mut file = fs::File::open(format!("/proc/{pid}/stat")).ok()?;
    let read = file.read(&mut buffer).ok()?;
    parse(pid, &buffer[..read])
}

pub(crate) fn entries() -> Vec<Entry> {
    pids().filter_map(entry).collect()
}

/// Those whose environment at their start had every one of these `NAME=value`.
pub(crate) fn with_environment(wanted: &[String]) -> Vec<u32> {
    pids()
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                let has = |line: &String| {
                    environment.split(|byte| *byte == 0).any(|one| one == line.as_bytes())
                };
                wanted.iter().all(has)
            })
        })
        .collect()
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// `pid (name) state ppid pgrp session …`, the start time being the 22nd. The name may hold anything, `)` too.
fn parse(pid: u32, stat: &[u8]) -> Option<Entry> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(stat.get(name_end + 2..)?).ok()?.split_ascii_whitespace();
    let zombie = matches!(fields.next()?, "Z" | "X");
    let parent = fields.next()?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    let started = fields.nth(16)?.parse().ok()?;
    Some(Entry { pid, parent, group, started, zombie })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_confuses_nobody() {
        let stat = b"42 (a) b (c)) S 7 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2";
        let expected = Entry { pid: 42, parent: 7, group: 42, started: 98_765, zombie: false };
        assert_eq!(parse(42, stat), Some(expected));
        assert_eq!(parse(42, b"42 (half"), None);
    }

    #[test]
    fn this_process_is_in_the_table() {
        let pid = std::process::id();
        let entry = entry(pid).unwrap();
        assert!(entry.started > 0 && !entry.zombie);
        assert!(entries().iter().any(|one| one.pid == pid));
    }
}
