//! From an order to a job.

use crate::{
    JobId, Timestamp,
    event::{EventBody, NewEvent},
    job::{DEPTH_MAX, Job, JobSpec, TIMEOUT_MAX},
    mutant::{self, Mutant},
    ports::{ChildOrder, Idempotency, NewJob, OrderFault, Under},
};

/// Stands before a child's idempotency key. No user can send it, so theirs never meet it.
const CHILD_KEYS: &str = "\u{1f}child/";
const TAGS_MAX: usize = 32;
const TAG_KEY_BYTES_MAX: usize = 64;
const TAG_VALUE_BYTES_MAX: usize = 256;

pub(super) fn new_child(parent: &Job, order: ChildOrder, id: JobId, now: Timestamp) -> NewJob {
    let key = format!("{CHILD_KEYS}{}/{}", parent.id, order.key);
    let payload = order.payload.clone();
    let job = Job::accepted(id, parent.tenant.clone(), spec(parent, order), now, now);
    let body = EventBody::State { status: job.status(), cause: None };
    let log = vec![NewEvent { at: now, attempt: 0, body }];
    let keyless =
        mutant::active(Mutant::ChildKeyIgnored) || mutant::active(Mutant::IdempotencyIgnored);
    // The same key is the same child, so what else the order says is no part of its print.
    let idempotency = (!keyless).then_some(Idempotency { key, fingerprint: [0; 32] });
    let under = parent.state.lease().filter(|_| !mutant::active(Mutant::ChildrenOfTheLeaseless));
    let under = under.map(Under::Lease);
    NewJob { job, payload, idempotency, under, log }
}

fn spec(parent: &Job, order: ChildOrder) -> JobSpec {
    let mut spec = JobSpec::of_type(order.job_type);
    spec.priority = order.priority.unwrap_or(parent.priority);
    spec.timeout_ms = order.timeout_ms.unwrap_or(spec.timeout_ms);
    spec.tags.clone_from(&parent.spec.tags);
    spec.tags.extend(order.tags);
    spec.budget = order.budget;
    spec.parent = Some(parent.id);
    spec.parent_attempt = parent.attempts;
    spec.ancestors = parent.spec.ancestors.iter().copied().chain([parent.id]).collect();
    spec
}

/// What the API checks of a user's submission before it becomes a job.
pub(super) fn faults(parent: &Job, order: &ChildOrder) -> Vec<OrderFault> {
    let mut faults = Vec::new();
    if parent.spec.ancestors.len() >= DEPTH_MAX {
        let text = format!(
            "a job has at most {DEPTH_MAX} ancestors; let the parent do the work itself, or start it from one further up"
        );
        faults.push(fault("/parent", text));
    }
    let timeout_ms = order.timeout_ms.unwrap_or(1);
    if timeout_ms == 0 || u128::from(timeout_ms) > TIMEOUT_MAX.as_millis() {
        let max = TIMEOUT_MAX.as_millis();
        faults.push(fault("/timeout_ms", format!("1 to {max} milliseconds are wanted")));
    }
    faults.extend(tag_faults(parent, order));
    faults
}

fn tag_faults(parent: &Job, order: &ChildOrder) -> Vec<OrderFault> {
    let mut faults = Vec::new();
    let new = order.tags.keys().filter(|key| !parent.spec.tags.contains_key(*key));
    if parent.spec.tags.len() + new.count() > TAGS_MAX {
        let text = format!("at most {TAGS_MAX} tags are kept, those of the parent included");
        faults.push(fault("/tags", text));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    for (key, value) in &order.tags {
        if !(1..=TAG_KEY_BYTES_MAX).contains(&key.len()) || !key.chars().all(plain) {
            let text = format!(
                "a tag's key is 1 to {TAG_KEY_BYTES_MAX} letters, digits, `-`, `_`, `.` or `/`"
            );
            faults.push(fault("/tags", text));
        }
        if value.len() > TAG_VALUE_BYTES_MAX || value.contains('\0') {
            let text = format!("at most {TAG_VALUE_BYTES_MAX} bytes without NUL are wanted");
            faults.push(fault(&format!("/tags/{key}"), text));
        }
    }
    faults
}

fn fault(path: &str, message: String) -> OrderFault {
    OrderFault { path: path.to_owned(), message }
}
