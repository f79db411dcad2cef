//! Steps of stored jobs.

use agent_runner_domain::{
    Lease, RawJson, Timestamp,
    job::Job,
    ports::{Commit, CommitError, Version, Versioned},
};
use rusqlite::{OptionalExtension, Row};

use super::{recent::Written, row};
use crate::{
    database::{Batch, CountKey, status_code},
    work_queue::Place,
};

/// A step, written out on the caller's side.
pub(super) struct NextRow {
    seen: Version,
    job: Job,
    id: String,
    status: i64,
    wake_at: Option<i64>,
    rank: Option<i64>,
    lease: Option<String>,
    state: String,
    events: Vec<String>,
    result: Option<RawJson>,
}

pub(super) enum Answer {
    Stored(Version),
    Stale,
    Missing,
}

impl Answer {
    pub(super) fn into_result(self) -> Result<Version, CommitError> {
        match self {
            Self::Stored(version) => Ok(version),
            Self::Stale => Err(CommitError::Stale),
            Self::Missing => Err(CommitError::Missing),
        }
    }
}

impl From<Commit> for NextRow {
    fn from(commit: Commit) -> Self {
        let job = commit.step.job;
        Self {
            seen: commit.seen,
            id: job.id.to_string(),
            status: status_code(job.status()),
            wake_at: job.wake_at().map(Timestamp::as_millis),
            rank: job.rank().map(|rank| rank.0),
            lease: job.state.lease().map(Lease::reveal),
            state: row::state_json(&job),
            events: row::events_json(&commit.step.log),
            result: commit.result,
            job,
        }
    }
}

/// What the writer needs to know of the row that a step replaces.
struct Before {
    n: i64,
    version: Version,
    count: CountKey,
    rank: Option<i64>,
    events: i64,
}

impl Before {
    fn read(row: &Row) -> rusqlite::Result<Self> {
        Ok(Self {
            n: row.get(0)?,
            version: Version(row.get(1)?),
            count: CountKey { tenant: row.get(2)?, job_type: row.get(3)?, status: row.get(4)? },
            rank: row.get(5)?,
            events: row.get(6)?,
        })
    }
}

impl NextRow {
    pub(super) fn commit(self, batch: &mut Batch) -> rusqlite::Result<Answer> {
        let before = batch
            .sql(
                "SELECT n, version, tenant, job_type, status, rank, events FROM jobs WHERE id = ?1",
            )?
            .query_row([&self.id], Before::read)
            .optional()?;
        let before = match before {
            None => return Ok(Answer::Missing),
            Some(before) if before.version != self.seen => return Ok(Answer::Stale),
            Some(before) => before,
        };
        let version = Version(before.version.0 + 1);
        self.update(batch, &before, version)?;
        self.insert_content(batch, &before)?;
        if before.count.status != self.status {
            let status = self.status;
            batch.count(before.count, -1);
            batch.count(CountKey { status, ..before.count }, 1);
        }
        if before.rank != self.rank {
            let place = self.rank.map(|rank| Place { rank, n: before.n });
            batch.moved(self.job.id, place);
        }
        batch.wrote(Written::Changed { job: Versioned { version, value: self.job } });
        Ok(Answer::Stored(version))
    }

    fn update(&self, batch: &Batch, before: &Before, version: Version) -> rusqlite::Result<()> {
        let events = before.events + i64::try_from(self.events.len()).expect("a count fits");
        // A column that is named is written to its indexes, changed or not; a heartbeat spares most of them.
        let same_place = before.count.status == self.status && before.rank == self.rank;
        let sql = if same_place {
            "UPDATE jobs SET version = ?2, wake_at = ?3, state = ?4, events = ?5, \
             appended = iif(lease IS ?6, appended, 0), lease = ?6 WHERE n = ?1"
        } else {
            "UPDATE jobs SET version = ?2, wake_at = ?3, state = ?4, events = ?5, \
             appended = iif(lease IS ?6, appended, 0), lease = ?6, status = ?7, rank = ?8 WHERE n = ?1"
        };
        let mut update = batch.sql(sql)?;
        let (n, version) = (before.n, version.0);
        let (wake_at, state, lease) = (self.wake_at, &self.state, &self.lease);
        if same_place {
            update.execute((n, version, wake_at, state, events, lease))?;
        } else {
            let (status, rank) = (self.status, self.rank);
            update.execute((n, version, wake_at, state, events, lease, status, rank))?;
        }
        Ok(())
    }

    fn insert_content(&self, batch: &Batch, before: &Before) -> rusqlite::Result<()> {
        let mut add = batch.sql("INSERT INTO events VALUES (?1, ?2, ?3)")?;
        for (seq, event) in (before.events + 1..).zip(&self.events) {
            add.execute((before.n, seq, event))?;
        }
        if let Some(result) = &self.result {
            batch
                .sql("INSERT OR REPLACE INTO results VALUES (?1, ?2)")?
                .execute((before.n, result.get()))?;
        }
        Ok(())
    }
}
