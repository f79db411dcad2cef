//! Small numbers for words: statuses are fixed, tenants and job types are numbered as they appear.

use std::collections::HashMap;

use agent_runner_domain::job::Status;
use rusqlite::{Connection, OptionalExtension};

/// A status as it is stored. Never renumber: files last longer than code.
pub(crate) fn status_code(status: Status) -> i64 {
    match status {
        Status::Blocked => 0,
        Status::Queued => 1,
        Status::Launching => 2,
        Status::Running => 3,
        Status::Succeeded => 4,
        Status::Failed => 5,
        Status::TimedOut => 6,
        Status::Cancelled => 7,
    }
}

pub(crate) fn status_of(code: i64) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status_code(*status) == code)
}

/// The writer's memory of numbers already given. Rows of the two tables never change, so it never is wrong;
/// it is cleared when a transaction that may have added to it is rolled back.
#[derive(Debug, Default)]
pub(super) struct Codes {
    tenants: HashMap<String, i64>,
    job_types: HashMap<String, i64>,
}

impl Codes {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn tenant(&mut self, db: &Connection, name: &str) -> rusqlite::Result<i64> {
        let find = "SELECT n FROM tenants WHERE name = ?1";
        let add = "INSERT INTO tenants (name) VALUES (?1) RETURNING n";
        number(&mut self.tenants, db, name, [find, add])
    }

    pub(super) fn job_type(&mut self, db: &Connection, name: &str) -> rusqlite::Result<i64> {
        let find = "SELECT n FROM job_types WHERE name = ?1";
        let add = "INSERT INTO job_types (name) VALUES (?1) RETURNING n";
        number(&mut self.job_types, db, name, [find, add])
    }
}

fn number(
    known: &mut HashMap<String, i64>,
    db: &Connection,
    name: &str,
    [find, add]: [&str; 2],
) -> rusqlite::Result<i64> {
    if let Some(number) = known.get(name) {
        return Ok(*number);
    }
    let found = db.prepare_cached(find)?.query_row([name], |row| row.get(0)).optional()?;
    let number = match found {
        Some(number) => number,
        None => db.prepare_cached(add)?.query_row([name], |row| row.get(0))?,
    };
    known.insert(name.to_owned(), number);
    Ok(number)
}
