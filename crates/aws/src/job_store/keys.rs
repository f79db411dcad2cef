//! Where everything about jobs is in the table.
//!
//! | `pk` | `sk` | What |
//! |---|---|---|
//! | `job#<id>` | `job` | the job with the end of its log, small payload and result |
//! | `job#<id>` | `event#<number>` | an older part of its log, up to that number |
//! | `job#<id>` | `step#<digest of key>` | a recorded step |
//! | `job#<id>` | `dependent#<id>` | who depends on it |
//! | `children#<id>` | `<id>` | who belongs to it |
//! | `key#<tenant>#<key>` | `key` | which job an idempotency key has made |
//! | `tag#<tenant>#<tag>#<shard>` | `<id>` | which jobs carry a tag |
//! | `tenants` | `<tenant>` | who has jobs |
//! | `counts#<shard>` | `<tenant>#<type>` | how many jobs, by status |

use agent_runner_domain::{JobId, TenantId, job::Status};

use crate::{
    large_objects::digest,
    table::{Key, SHARDS},
};

pub(super) const JOB: &str = "job";
pub(super) const EVENT: &str = "event#";
pub(super) const STEP: &str = "step#";
pub(super) const DEPENDENT: &str = "dependent#";
pub(super) const TENANTS: &str = "tenants";

/// The keys of a job and of all that hangs on it.
pub(super) fn pk(id: JobId) -> String {
    format!("job#{id}")
}

pub(super) fn id_of(pk: &str) -> Option<JobId> {
    pk.strip_prefix("job#")?.parse().ok()
}

pub(super) fn job(id: JobId) -> Key {
    Key::new(pk(id), JOB)
}

/// Numbers sort as texts, because they have the same length.
pub(super) fn events_up_to(id: JobId, last: u64) -> Key {
    Key::new(pk(id), format!("{EVENT}{last:012}"))
}

pub(super) fn step(id: JobId, key: &str) -> Key {
    Key::new(pk(id), format!("{STEP}{}", digest(key)))
}

pub(super) fn dependent(of: JobId, id: JobId) -> Key {
    Key::new(pk(of), format!("{DEPENDENT}{id}"))
}

pub(super) fn children(parent: JobId) -> String {
    format!("children#{parent}")
}

pub(super) fn idempotency(tenant: &TenantId, key: &str) -> Key {
    Key::new(format!("key#{tenant}#{}", word(key)), "key")
}

pub(super) fn tag(tenant: &TenantId, key: &str, value: &str, shard: u32) -> String {
    format!("tag#{tenant}#{}={}#{shard}", word(key), word(value))
}

pub(super) fn by_tenant(tenant: &TenantId, shard: u32) -> String {
    format!("{tenant}#{shard}")
}

pub(super) fn by_status(tenant: &TenantId, status: Status, shard: u32) -> String {
    format!("{tenant}#{status}#{shard}")
}

pub(super) fn by_type(tenant: &TenantId, job_type: &str, shard: u32) -> String {
    format!("{tenant}#{}#{shard}", word(job_type))
}

pub(super) fn counts(tenant: &TenantId, job_type: &str, shard: u32) -> Key {
    Key::new(format!("counts#{shard}"), format!("{tenant}#{}", word(job_type)))
}

/// Which of the shards of its indexes a job is in: the end of an id is random.
pub(super) fn shard(id: JobId) -> u32 {
    u32::try_from(id.as_u128() % u128::from(SHARDS)).expect("is less than a u32")
}

/// A user's text as part of a key: itself where it is short and plain, else a digest, so that no text is too long
/// for a key, empty, or taken for another.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("~{}", digest(text))
    }
}
