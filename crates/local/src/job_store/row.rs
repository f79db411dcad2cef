//! A job as columns and JSON, and back.

use std::{borrow::Cow, sync::Arc};

use agent_runner_domain::{
    RawJson, Timestamp,
    event::NewEvent,
    job::{AttemptRecord, Cause, Chores, Job, JobState, Priority},
    ports::{Version, Versioned},
};
use rusqlite::{Row, types::Type};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What [`job`] reads, of `jobs AS j` and `tenants AS t`; behind it, at [`N`], the job's number.
macro_rules! columns {
    () => {
        "j.id, t.name, j.created_at, j.version, j.has_dependents, j.spec, j.state, j.n"
    };
}

/// A statement that finds jobs; `CROSS` keeps the planner from starting with the tenants.
macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT ",
            $crate::job_store::row::columns!(),
            " FROM jobs AS j CROSS JOIN tenants AS t ON t.n = j.tenant ",
            $rest
        )
    };
}

pub(crate) use {columns, select_jobs};

/// The column of the job's number.
pub(crate) const N: usize = 7;

/// The part of a job that changes, as `jobs.state` holds it.
#[derive(Serialize, Deserialize)]
struct Changing<'job> {
    state: Cow<'job, JobState>,
    priority: Priority,
    attempts: u32,
    user_failures: u32,
    infrastructure_failures: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    waits: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Cow<'job, Cause>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    history: Cow<'job, [AttemptRecord]>,
    ends: u32,
    chores: Cow<'job, Chores>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes the field as it is")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

pub(crate) fn spec_json(job: &Job) -> String {
    json(&*job.spec)
}

pub(crate) fn state_json(job: &Job) -> String {
    json(&Changing {
        state: Cow::Borrowed(&job.state),
        priority: job.priority,
        attempts: job.attempts,
        user_failures: job.user_failures,
        infrastructure_failures: job.infrastructure_failures,
        waits: job.waits,
        started_at: job.started_at,
        cause: job.cause.as_ref().map(Cow::Borrowed),
        history: Cow::Borrowed(&job.history),
        ends: job.ends,
        chores: Cow::Borrowed(&job.chores),
    })
}

pub(crate) fn events_json(events: &[NewEvent]) -> Vec<String> {
    events.iter().map(json).collect()
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the domain's types are JSON: no maps but of texts")
}

/// A limit that SQLite can take.
pub(crate) fn bounded(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The job in a row of [`columns`].
pub(crate) fn job(row: &Row) -> rusqlite::Result<Versioned<Job>> {
    let changing: Changing = parsed(row, 6)?;
    let value = Job {
        id: text(row, 0)?,
        tenant: text(row, 1)?,
        created_at: Timestamp::from_millis(row.get(2)?),
        has_dependents: row.get(4)?,
        spec: Arc::new(parsed(row, 5)?),
        state: changing.state.into_owned(),
        priority: changing.priority,
        attempts: changing.attempts,
        user_failures: changing.user_failures,
        infrastructure_failures: changing.infrastructure_failures,
        waits: changing.waits,
        started_at: changing.started_at,
        cause: changing.cause.map(Cow::into_owned),
        history: changing.history.into_owned(),
        ends: changing.ends,
        chores: changing.chores.into_owned(),
    };
    let version = Version(row.get(3)?);
    Ok(Versioned { version, value })
}

/// JSON in a column.
pub(crate) fn parsed<T: DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| unreadable(column, error))
}

/// A payload or result in a column.
pub(crate) fn document(row: &Row, column: usize) -> rusqlite::Result<RawJson> {
    RawJson::parse(row.get(column)?).map_err(|error| unreadable(column, error))
}

/// An id in a column.
pub(crate) fn text<T>(row: &Row, column: usize) -> rusqlite::Result<T>
where
    T: std::str::FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = row.get_ref(column)?.as_str()?;
    text.parse().map_err(|error| unreadable(column, error))
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
