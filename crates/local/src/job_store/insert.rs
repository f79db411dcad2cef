//! New jobs.

use agent_runner_domain::{
    JobId, Lease, RawJson,
    job::Job,
    ports::{Idempotency, Inserted, NewJob, Under, Version, Versioned},
};
use rusqlite::OptionalExtension;

use super::{recent::Written, row};
use crate::{
    database::{Batch, CountKey, status_code, status_of},
    work_queue::Place,
};

/// A new job, written out on the caller's side.
pub(super) struct NewRow {
    job: Job,
    id: String,
    spec: String,
    state: String,
    payload: RawJson,
    events: Vec<String>,
    idempotency: Option<Idempotency>,
    under: Option<Under>,
}

impl From<NewJob> for NewRow {
    fn from(new: NewJob) -> Self {
        Self {
            id: new.job.id.to_string(),
            spec: row::spec_json(&new.job),
            state: row::state_json(&new.job),
            events: row::events_json(&new.log),
            payload: new.payload,
            idempotency: new.idempotency,
            under: new.under,
            job: new.job,
        }
    }
}

impl NewRow {
    pub(super) fn insert(self, batch: &mut Batch) -> rusqlite::Result<Inserted> {
        let tenant = batch.tenant(self.job.tenant.as_str())?;
        match self.owner_of_key(batch, tenant)? {
            Some((owner, _)) if owner == self.job.id => {}
            Some((owner, true)) => return Ok(Inserted::Existing(owner)),
            Some((owner, false)) => return Ok(Inserted::KeyTaken(owner)),
            None if !self.may_be_stored(batch)? => return Ok(Inserted::ParentLost),
            None => self.claim_key(batch, tenant)?,
        }
        if let Some(n) = self.insert_job(batch, tenant)? {
            self.insert_content(batch, n)?;
            self.mark_dependencies(batch)?;
            self.insert_tags(batch, tenant, n)?;
            let job = Versioned { version: Version(1), value: self.job };
            batch.wrote(Written::New { job, payload: self.payload });
        }
        Ok(Inserted::New(Version(1)))
    }

    /// Which job has the key, and whether it was made by the same body.
    fn owner_of_key(&self, batch: &Batch, tenant: i64) -> rusqlite::Result<Option<(JobId, bool)>> {
        let Some(Idempotency { key, fingerprint }) = &self.idempotency else {
            return Ok(None);
        };
        let mut find = batch
            .sql("SELECT job, fingerprint FROM idempotency_keys WHERE tenant = ?1 AND key = ?2")?;
        let read = |row: &rusqlite::Row| {
            Ok((row::text::<JobId>(row, 0)?, row.get_ref(1)?.as_blob()? == fingerprint))
        };
        find.query_row((tenant, key), read).optional()
    }

    /// Whether the parent is as it has to be. A job that is stored already, by a call whose reply was lost, needs
    /// nothing of it any more.
    fn may_be_stored(&self, batch: &Batch) -> rusqlite::Result<bool> {
        let Some(under) = self.under else {
            return Ok(true);
        };
        let found = |id: String| {
            let mut find = batch.sql("SELECT status, lease FROM jobs WHERE id = ?1")?;
            let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?));
            find.query_row([id], read).optional()
        };
        if found(self.id.clone())?.is_some() {
            return Ok(true);
        }
        let parent: Option<(i64, Option<String>)> = match self.job.spec.parent {
            Some(parent) => found(parent.to_string())?,
            None => None,
        };
        Ok(parent.is_some_and(|(status, lease)| match under {
            Under::Lease(own) => lease == Some(own.reveal()),
            Under::Open => status_of(status).is_some_and(|status| !status.is_final()),
        }))
    }

    fn claim_key(&self, batch: &Batch, tenant: i64) -> rusqlite::Result<()> {
        if let Some(Idempotency { key, fingerprint }) = &self.idempotency {
            batch.sql("INSERT INTO idempotency_keys VALUES (?1, ?2, ?3, ?4)")?.execute((
                tenant,
                key,
                fingerprint.as_slice(),
                &self.id,
            ))?;
        }
        Ok(())
    }

    /// `None`: the job is stored already, by a call whose reply was lost.
    fn insert_job(&self, batch: &mut Batch, tenant: i64) -> rusqlite::Result<Option<i64>> {
        let job = &self.job;
        let created_at = job.created_at.as_millis();
        let job_type = batch.job_type(&job.spec.job_type)?;
        let status = status_code(job.status());
        let newest_at = batch.newest_at(created_at)?;
        let parent = job.spec.parent.map(|parent| parent.to_string());
        let lease = job.state.lease().map(Lease::reveal);
        let rank = job.rank().map(|rank| rank.0);
        let inserted = batch
            .sql(
                "INSERT INTO jobs (id, tenant, job_type, status, version, created_at, newest_at, wake_at, rank, \
                 parent, has_dependents, events, lease, appended, spec, state) \
                 VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, ?13, ?14) \
                 ON CONFLICT (id) DO NOTHING",
            )?
            .execute(rusqlite::params![
                self.id,
                tenant,
                job_type,
                status,
                created_at,
                newest_at,
                job.wake_at().map(agent_runner_domain::Timestamp::as_millis),
                rank,
                parent,
                job.has_dependents,
                self.events.len(),
                lease,
                self.spec,
                self.state,
            ])?;
        if inserted == 0 {
            return Ok(None);
        }
        let n = batch.last_row();
        let key = CountKey { tenant, job_type, status };
        batch.count(key, 1);
        if let Some(rank) = rank {
            batch.moved(job.id, Some(Place { rank, n }));
        }
        Ok(Some(n))
    }

    fn insert_content(&self, batch: &Batch, n: i64) -> rusqlite::Result<()> {
        batch.sql("INSERT INTO payloads VALUES (?1, ?2)")?.execute((n, self.payload.get()))?;
        let mut add = batch.sql("INSERT INTO events VALUES (?1, ?2, ?3)")?;
        for (seq, event) in (1_i64..).zip(&self.events) {
            add.execute((n, seq, event))?;
        }
        Ok(())
    }

    /// The new version makes a step fail that ends a dependency without having seen the mark.
    fn mark_dependencies(&self, batch: &mut Batch) -> rusqlite::Result<()> {
        for dependency in &self.job.spec.depends_on {
            let marked: Option<i64> = batch
                .sql("UPDATE jobs SET has_dependents = 1, version = version + 1 WHERE id = ?1 RETURNING n")?
                .query_row([dependency.to_string()], |row| row.get(0))
                .optional()?;
            batch.wrote(Written::Touched(*dependency));
            if let Some(n) = marked {
                batch
                    .sql("INSERT OR IGNORE INTO dependents VALUES (?1, ?2)")?
                    .execute((n, &self.id))?;
            }
        }
        Ok(())
    }

    fn insert_tags(&self, batch: &Batch, tenant: i64, n: i64) -> rusqlite::Result<()> {
        for (key, value) in &self.job.spec.tags {
            batch
                .sql("INSERT INTO tags VALUES (?1, ?2, ?3, ?4)")?
                .execute((tenant, key, value, n))?;
        }
        Ok(())
    }
}
