//! Steps of stored jobs.

use agent_runner_domain::{
    Lease, RawJson, Timestamp,
    job::{Job, JobState},
    ports::{Commit, CommitError, Version, Versioned},
};
use rusqlite::{OptionalExtension, Row};

use super::{recent::Written, row};
use crate::{
    database::{Batch, CountKey, Safety, status_code},
    work_queue::Place,
};

/// What loses its meaning with the power need not wait for the disk: that a worker is about to be started, or is
/// still heard of. No worker of this machine survives that, and the job is found as it was before.
pub(super) fn safety(commits: &[Commit]) -> Safety {
    let may_be_lost = |Commit { step, .. }: &Commit| match step.job.state {
        JobState::Launching { .. } => true,
        JobState::Running { .. } => step.log.is_empty(),
        _ => false,
    };
    if commits.iter().all(may_be_lost) { Safety::Written } else { Safety::OnDisk }
}

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

#[cfg(test)]
mod tests {
    use agent_runner_domain::job::JobEvent;
    use agent_runner_testkit::{
        Samples,
        sample::{commit, started, succeeded},
    };

    use super::*;

    #[test]
    fn only_claims_and_signs_of_life_may_be_lost_with_the_power() {
        let samples = Samples::default();
        let (lease, claim) = samples.claim();
        let mut job = samples.job().job;
        let mut safety_of = |event| {
            samples.clock.advance(std::time::Duration::from_secs(1));
            let step = samples.step(&job, event);
            job = step.job.clone();
            safety(&[commit(Version(1), step)])
        };
        assert_eq!(safety_of(claim), Safety::Written);
        assert_eq!(safety_of(started(lease)), Safety::OnDisk);
        assert_eq!(safety_of(JobEvent::Heartbeat { lease }), Safety::Written);
        assert_eq!(safety_of(succeeded(lease)), Safety::OnDisk);
    }

    #[test]
    fn one_write_that_has_to_last_makes_all_of_its_company_last() {
        let samples = Samples::default();
        let claimed = |job: &Job| commit(Version(1), samples.step(job, samples.claim().1));
        let (one, other) = (samples.job().job, samples.job().job);
        let cancelled = samples.step(&other, JobEvent::Cancel);
        assert_eq!(safety(&[claimed(&one), commit(Version(1), cancelled)]), Safety::OnDisk);
        assert_eq!(safety(&[claimed(&one), claimed(&other)]), Safety::Written);
    }
}
