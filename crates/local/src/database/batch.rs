//! A transaction of the writer, and what it gathers for its end.

use std::collections::BTreeMap;

use agent_runner_domain::JobId;
use rusqlite::{CachedStatement, Connection};

use super::codes::Codes;
use crate::{
    job_store::Written,
    work_queue::{Move, Place},
};

pub(crate) struct Batch<'db> {
    db: &'db Connection,
    memory: &'db mut Memory,
}

/// What a write survives once it is answered. Of writes that share a transaction the safest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Safety {
    /// The end of this process. The power may take it back until the next write of the other kind.
    Written,
    /// Loss of power too.
    OnDisk,
}

/// What the writer remembers from one transaction to the next, and gathers during one.
#[derive(Default)]
pub(super) struct Memory {
    codes: Codes,
    counts: BTreeMap<CountKey, i64>,
    /// The latest `created_at` so far. May be later than what is stored, never earlier.
    newest_at: Option<i64>,
    /// How safe the connection makes transactions, as far as it was told.
    safety: Option<Safety>,
    news: News,
}

/// What others learn when a transaction is on disk, in the order of its writes.
#[derive(Default)]
pub(super) struct News {
    pub(super) moves: Vec<Move>,
    pub(super) written: Vec<Written>,
}

/// A row of `counts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CountKey {
    pub(crate) tenant: i64,
    pub(crate) job_type: i64,
    pub(crate) status: i64,
}

impl<'db> Batch<'db> {
    pub(super) fn new(db: &'db Connection, memory: &'db mut Memory) -> Self {
        Self { db, memory }
    }

    pub(crate) fn sql(&self, sql: &str) -> rusqlite::Result<CachedStatement<'db>> {
        self.db.prepare_cached(sql)
    }

    /// The number that the last inserted row was given.
    pub(crate) fn last_row(&self) -> i64 {
        self.db.last_insert_rowid()
    }

    pub(crate) fn tenant(&mut self, name: &str) -> rusqlite::Result<i64> {
        self.memory.codes.tenant(self.db, name)
    }

    pub(crate) fn job_type(&mut self, name: &str) -> rusqlite::Result<i64> {
        self.memory.codes.job_type(self.db, name)
    }

    /// The latest `created_at`, now that a job of this one is stored.
    pub(crate) fn newest_at(&mut self, created_at: i64) -> rusqlite::Result<i64> {
        let so_far = match self.memory.newest_at {
            Some(newest_at) => newest_at,
            None => self
                .sql("SELECT coalesce(max(newest_at), ?1) FROM (SELECT newest_at FROM jobs ORDER BY n DESC LIMIT 1)")?
                .query_row([created_at], |row| row.get(0))?,
        };
        let newest_at = so_far.max(created_at);
        self.memory.newest_at = Some(newest_at);
        Ok(newest_at)
    }

    /// `counts` is written once per transaction, however many jobs it moves.
    pub(crate) fn count(&mut self, key: CountKey, by: i64) {
        *self.memory.counts.entry(key).or_default() += by;
    }

    /// The line learns after the commit that the job now stands at `place`, or has left.
    pub(crate) fn moved(&mut self, job: JobId, place: Option<Place>) {
        self.memory.news.moves.push(Move { job, place });
    }

    /// Readers learn after the commit how a job now is.
    pub(crate) fn wrote(&mut self, written: Written) {
        self.memory.news.written.push(written);
    }

    /// Writes something that changes nothing, to see whether writing works.
    pub(crate) fn touch(&self) -> rusqlite::Result<()> {
        self.sql("UPDATE statuses SET name = name WHERE n = 0")?.execute([]).map(drop)
    }

    pub(super) fn take_news(&mut self) -> News {
        std::mem::take(&mut self.memory.news)
    }

    pub(super) fn begin(&mut self, safety: Safety) -> rusqlite::Result<()> {
        self.make_safe(safety)?;
        self.sql("BEGIN IMMEDIATE")?.execute([]).map(drop)
    }

    pub(super) fn begin_unless_begun(&mut self, safety: Safety) -> rusqlite::Result<()> {
        if self.db.is_autocommit() { self.begin(safety) } else { Ok(()) }
    }

    /// SQLite lets it be changed between transactions only.
    fn make_safe(&mut self, safety: Safety) -> rusqlite::Result<()> {
        if self.memory.safety != Some(safety) {
            let synchronous = match safety {
                Safety::Written => "NORMAL",
                Safety::OnDisk => "FULL",
            };
            self.db.pragma_update(None, "synchronous", synchronous)?;
            self.memory.safety = Some(safety);
        }
        Ok(())
    }

    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        let mut add = self.sql(
            "INSERT INTO counts VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET jobs = jobs + excluded.jobs",
        )?;
        for (key, by) in std::mem::take(&mut self.memory.counts) {
            if by != 0 {
                add.execute((key.tenant, key.job_type, key.status, by))?;
            }
        }
        self.sql("COMMIT")?.execute([]).map(drop)
    }

    pub(super) fn roll_back(&mut self) {
        self.memory.counts.clear();
        self.memory.codes.clear();
        self.memory.news = News::default();
        if !self.db.is_autocommit() {
            // Where this fails too, the next BEGIN says so to the next callers.
            let _ = self.db.execute_batch("ROLLBACK");
        }
    }
}
