//! Jobs that start jobs.

use agent_runner_domain::{
    JobId, RawJson,
    job::{Job, JobSpec, Status, TIMEOUT_MAX},
    mutant::{self, Mutant},
    ports::{
        ChildOrder, ChildView, Children, ChildrenError, Idempotency, OrderFault, Ordered,
        StoreError,
    },
};
use async_trait::async_trait;

use super::{Draft, Jobs, Submitted};
use crate::EngineError;

/// Stands before a child's idempotency key. No user can send it, so theirs never meet it.
const CHILD_KEYS: &str = "\u{1f}child/";
const TAGS_MAX: usize = 32;
const TAG_KEY_BYTES_MAX: usize = 64;
const TAG_VALUE_BYTES_MAX: usize = 256;

#[async_trait]
impl Children for Jobs {
    async fn submit(
        &self,
        parent: &Job,
        orders: Vec<ChildOrder>,
    ) -> Result<Vec<Ordered>, ChildrenError> {
        let faults: Vec<_> = orders.iter().map(|order| faults(parent, order)).collect();
        let sound = orders.into_iter().zip(&faults).filter(|(_, faults)| faults.is_empty());
        let drafts = sound.map(|(order, _)| draft(parent, order)).collect();
        let mut answers = Jobs::submit(self, &parent.tenant, drafts).await.into_iter();
        let answer = |faults: Vec<OrderFault>| {
            if !faults.is_empty() {
                return Ok(Err(faults));
            }
            ordered(parent, answers.next().expect("every draft was answered"))
        };
        faults.into_iter().map(answer).collect()
    }

    async fn look(
        &self,
        of: &Job,
        jobs: &[JobId],
    ) -> Result<Vec<Option<ChildView>>, ChildrenError> {
        let ports = &self.engine.ports;
        let found = ports.store.load_many(jobs).await.map_err(unavailable)?;
        let costs = self.costs(jobs).await.map_err(|error| ChildrenError(error.to_string()))?;
        let mut views = Vec::with_capacity(jobs.len());
        for (found, cost) in found.into_iter().zip(costs) {
            let Some(job) = found.map(|found| found.value).filter(|job| root(job) == root(of))
            else {
                views.push(None);
                continue;
            };
            let (job_id, status) = (job.id, job.status());
            let result = self.result_of(job_id, status).await?;
            let cost = cost.spent;
            views.push(Some(ChildView { job_id, status, cause: job.cause, result, cost }));
        }
        Ok(views)
    }
}

impl Jobs {
    async fn result_of(&self, id: JobId, status: Status) -> Result<Option<RawJson>, ChildrenError> {
        if status != Status::Succeeded {
            return Ok(None);
        }
        self.engine.ports.store.result(id).await.map_err(unavailable)
    }
}

/// The eldest of a job's family.
fn root(job: &Job) -> JobId {
    job.spec.ancestors.first().copied().unwrap_or(job.id)
}

fn draft(parent: &Job, order: ChildOrder) -> Draft {
    let mut spec = JobSpec::of_type(order.job_type);
    spec.priority = order.priority.unwrap_or(parent.priority);
    spec.timeout_ms = order.timeout_ms.unwrap_or(spec.timeout_ms);
    spec.tags.clone_from(&parent.spec.tags);
    spec.tags.extend(order.tags);
    spec.budget = order.budget;
    spec.parent = Some(parent.id);
    spec.parent_attempt = parent.attempts;
    // The same key is the same child, so what else the order says is no part of its print.
    let key = format!("{CHILD_KEYS}{}/{}", parent.id, order.key);
    let idempotency = Idempotency { key, fingerprint: [0; 32] };
    let idempotency = Some(idempotency).filter(|_| !mutant::active(Mutant::ChildKeyIgnored));
    let under = parent.state.lease().filter(|_| !mutant::active(Mutant::ChildrenOfTheLeaseless));
    Draft {
        spec,
        payload: order.payload,
        not_before: None,
        idempotency,
        under,
        reference: None,
        depends_on_references: Vec::new(),
    }
}

/// What the API checks of a user's submission before it becomes a draft.
fn faults(parent: &Job, order: &ChildOrder) -> Vec<OrderFault> {
    let mut faults = Vec::new();
    let timeout_ms = order.timeout_ms.unwrap_or(1);
    if timeout_ms == 0 || u128::from(timeout_ms) > TIMEOUT_MAX.as_millis() {
        let max = TIMEOUT_MAX.as_millis();
        faults.push(fault("/timeout_ms", format!("1 to {max} milliseconds are wanted")));
    }
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

/// What is wrong with the order is the worker's to mend; everything else may work later.
fn ordered(parent: &Job, answer: Result<Submitted, EngineError>) -> Result<Ordered, ChildrenError> {
    let taken = |by: JobId| Ok(Err(vec![fault("/key", format!("{by} has taken this key"))]));
    match answer {
        Ok(Submitted { job, .. }) if job.spec.parent == Some(parent.id) => Ok(Ok(job.id)),
        Ok(Submitted { job, .. }) => taken(job.id),
        Err(EngineError::KeyTaken(id)) => taken(id),
        Err(EngineError::Invalid(faults)) => {
            Ok(Err(faults.into_iter().map(|wrong| fault(&wrong.path, wrong.message)).collect()))
        }
        Err(error @ EngineError::UnknownJobType { .. }) => {
            Ok(Err(vec![fault("/job_type", error.to_string())]))
        }
        Err(error) => Err(ChildrenError(error.to_string())),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of map_err")]
fn unavailable(error: StoreError) -> ChildrenError {
    ChildrenError(error.to_string())
}
