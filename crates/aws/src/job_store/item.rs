//! A job as an item, and back.

use agent_runner_domain::{
    JobId, Lease, RawJson, Timestamp,
    job::{Job, Status},
    ports::{StoreError, Version, Versioned},
};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use super::{
    document::{ALONE_BYTES_MAX, Documents},
    faults::corrupt,
    keys,
};
use crate::table::{
    BY_STATUS, BY_TENANT, BY_TYPE, Item, WAKE, WAKE_SHARDS, number, read_number, text,
};

/// The changing part of the job, as JSON.
pub(super) const STATE: &str = "state";
/// The part that never changes.
pub(super) const SPEC: &str = "spec";
pub(super) const PAYLOAD: &str = "payload";
pub(super) const RESULT: &str = "result";
pub(super) const VERSION: &str = "version";
pub(super) const STATUS: &str = "status";
/// The status before the last step, so that a writer whose reply was lost can still count.
pub(super) const STATUS_BEFORE: &str = "status_before";
/// A random name of the last step's write, by which its writer knows it again.
pub(super) const WRITER: &str = "writer";
pub(super) const LEASE: &str = "lease";
/// Somebody depends on the job: set by the dependent, without reading the job.
pub(super) const MARKED: &str = "has_dependents";

/// A new [`WRITER`].
pub(super) fn writer() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// What [`job`] needs of an item.
pub(super) const JOB_ATTRIBUTES: &[&str] = &["pk", "sk", VERSION, STATE, SPEC, MARKED];

/// The two parts of a job as JSON texts: what changes, and the specification.
pub(super) fn parts(job: &Job) -> (String, String) {
    let mut whole = serde_json::to_value(job).expect("a job is JSON: no maps but of texts");
    let spec = whole.as_object_mut().and_then(|fields| fields.remove(SPEC));
    let spec = spec.expect("a job has a specification");
    (whole.to_string(), spec.to_string())
}

/// What of the job's item follows from its state: set with every step. `None` is an absent attribute.
pub(super) fn following_state(job: &Job) -> [(&'static str, Option<AttributeValue>); 5] {
    let shard = keys::shard(job.id);
    let wake_at = job.wake_at().map(Timestamp::as_millis);
    [
        (STATUS, Some(text(job.status().as_str()))),
        (LEASE, job.state.lease().map(|lease| text(Lease::reveal(lease)))),
        (WAKE.hash, wake_at.map(|_| text((shard % WAKE_SHARDS).to_string()))),
        (WAKE.range, wake_at.map(number)),
        (BY_STATUS.hash, Some(text(keys::by_status(&job.tenant, job.status(), shard)))),
    ]
}

/// What of it never changes, for the lists.
pub(super) fn following_spec(job: &Job) -> [(&'static str, AttributeValue); 2] {
    let shard = keys::shard(job.id);
    [
        (BY_TENANT.hash, text(keys::by_tenant(&job.tenant, shard))),
        (BY_TYPE.hash, text(keys::by_type(&job.tenant, &job.spec.job_type, shard))),
    ]
}

pub(super) async fn state(
    documents: Documents<'_>,
    json: String,
) -> Result<AttributeValue, StoreError> {
    documents.store(STATE, json, ALONE_BYTES_MAX).await
}

/// The job in an item with [`JOB_ATTRIBUTES`].
pub(super) async fn job(
    documents: Documents<'_>,
    item: &Item,
) -> Result<Versioned<Job>, StoreError> {
    let id = documents.job;
    let lacks = |what: &str| corrupt(id, format!("its item has no {what}"));
    let state = documents.load(item, STATE).await?.ok_or_else(|| lacks(STATE))?;
    let spec = documents.load(item, SPEC).await?.ok_or_else(|| lacks(SPEC))?;
    let version = read_number(item, VERSION).ok_or_else(|| lacks(VERSION))?;
    let mut value = join(&state, &spec).map_err(|error| corrupt(id, error))?;
    value.has_dependents |= matches!(item.get(MARKED), Some(AttributeValue::Bool(true)));
    Ok(Versioned { version: Version(version), value })
}

fn join(state: &str, spec: &str) -> serde_json::Result<Job> {
    let mut whole: Value = serde_json::from_str(state)?;
    whole[SPEC] = serde_json::from_str(spec)?;
    serde_json::from_value(whole)
}

pub(super) fn document(id: JobId, json: String) -> Result<RawJson, StoreError> {
    RawJson::parse(json).map_err(|error| corrupt(id, error))
}

/// The status in [`STATUS`] or [`STATUS_BEFORE`].
pub(super) fn status(item: &Item, attribute: &str) -> Option<Status> {
    crate::table::read_text(item, attribute)?.parse().ok()
}

pub(super) fn lease_is(item: &Item, lease: Lease) -> bool {
    crate::table::read_text(item, LEASE) == Some(lease.reveal().as_str())
}
