//! Taking jobs in: everything is checked before anything is stored.

use std::collections::{HashMap, HashSet};

use agent_runner_domain::{
    JobId, TenantId,
    event::{EventBody, NewEvent},
    job::{DEPTH_MAX, Effect, Job, Refused, Status},
    mutant::{self, Mutant},
    ports::{Inserted, NewJob, Under},
};

use super::{Draft, Jobs, Submitted};
use crate::{EngineError, error::Fault};

/// New jobs per call to the store, so that a large bulk does not hold up everybody else's writes.
const INSERT_MAX: usize = 500;

type Answer = Result<Submitted, EngineError>;

/// A bulk on its way in. Index `i` is the `i`-th draft throughout.
struct Intake<'a> {
    jobs: &'a Jobs,
    tenant: &'a TenantId,
    answers: Vec<Option<Answer>>,
    /// The id of each draft that is stored.
    stored: HashMap<usize, JobId>,
    /// What becomes the ancestors of a parent's child: the parent's own, and the parent.
    lines: HashMap<JobId, Vec<JobId>>,
    /// Parents that were over when the drafts were checked.
    ended: HashMap<JobId, Status>,
}

impl Jobs {
    /// Accepts each draft or says why not, in the given order. A draft that others of the same call depend on
    /// is accepted before them; when it is refused, so are they. What is accepted is durable.
    pub async fn submit(&self, tenant: &TenantId, drafts: Vec<Draft>) -> Vec<Answer> {
        let answers = drafts.iter().map(|_| None).collect();
        let (stored, lines, ended) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut intake = Intake { jobs: self, tenant, answers, stored, lines, ended };
        intake.check_payloads(&drafts);
        let needs = intake.resolve_references(&drafts);
        intake.check_named_jobs(&drafts).await;
        intake.accept_in_order(drafts, &needs).await;
        intake.answers.into_iter().map(|answer| answer.expect("every draft was answered")).collect()
    }
}

impl Intake<'_> {
    fn refuse(&mut self, index: usize, error: EngineError) {
        self.answers[index].get_or_insert(Err(error));
    }

    fn fault(&mut self, index: usize, path: impl Into<String>, message: impl Into<String>) {
        let fault = Fault::new(path, message);
        match &mut self.answers[index] {
            Some(Err(EngineError::Invalid(faults))) => faults.push(fault),
            Some(_) => {}
            open => *open = Some(Err(EngineError::Invalid(vec![fault]))),
        }
    }

    fn check_payloads(&mut self, drafts: &[Draft]) {
        for (index, draft) in drafts.iter().enumerate() {
            let payload = serde_json::from_str(draft.payload.get());
            let payload = payload.expect("a RawJson is valid JSON");
            if let Err(error) = self.jobs.engine.catalog.check(&draft.spec.job_type, &payload) {
                self.refuse(index, error);
            }
        }
    }

    /// For each draft, the drafts that it depends on by reference.
    fn resolve_references(&mut self, drafts: &[Draft]) -> Vec<Vec<usize>> {
        let mut by_name = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let Some(name) = &draft.reference else {
                continue;
            };
            if by_name.insert(name.as_str(), index).is_some() {
                self.fault(
                    index,
                    "/ref",
                    format!("{name:?} names another job of this bulk already"),
                );
            }
        }
        let mut needs = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.iter().enumerate() {
            let mut own = Vec::new();
            for name in &draft.depends_on_references {
                match by_name.get(name.as_str()) {
                    Some(needed) if *needed == index => {
                        self.fault(index, "/depends_on", "a job cannot depend on itself");
                    }
                    Some(needed) => own.push(*needed),
                    None => {
                        let message = format!("no job of this bulk has the ref {name:?}");
                        self.fault(index, "/depends_on", message);
                    }
                }
            }
            needs.push(own);
        }
        needs
    }

    /// Jobs named by id must exist, for this tenant.
    async fn check_named_jobs(&mut self, drafts: &[Draft]) {
        let named = |draft: &Draft| {
            let spec = &draft.spec;
            spec.depends_on.iter().copied().chain(spec.parent).collect::<Vec<_>>()
        };
        let ids: HashSet<_> = drafts.iter().flat_map(named).collect();
        if ids.is_empty() {
            return;
        }
        let ids: Vec<_> = ids.into_iter().collect();
        let found = match self.jobs.engine.ports.store.load_many(&ids).await {
            Ok(found) => found,
            Err(error) => {
                let text = error.to_string();
                return self.refuse_all(|| EngineError::Unavailable(text.clone()));
            }
        };
        let own = found.into_iter().flatten().filter(|found| found.value.tenant == *self.tenant);
        let mut known = HashSet::new();
        let parents: HashSet<_> = drafts.iter().filter_map(|draft| draft.spec.parent).collect();
        for job in own.map(|found| found.value) {
            let (id, status) = (job.id, job.status());
            known.insert(id);
            if parents.contains(&id) {
                let line = job.spec.ancestors.iter().copied().chain([id]).collect();
                self.lines.insert(id, line);
                if status.is_final() {
                    self.ended.insert(id, status);
                }
            }
        }
        for (index, draft) in drafts.iter().enumerate() {
            for (position, id) in draft.spec.depends_on.iter().enumerate() {
                if !known.contains(id) {
                    let message = format!("there is no job {id}; submit it before its dependents");
                    self.fault(index, format!("/depends_on/{position}"), message);
                }
            }
            if let Some(id) = draft.spec.parent.filter(|id| !known.contains(id)) {
                self.refuse_unknown_parent(index, id);
            }
            // A key may have made the job while its parent went on; only the store knows.
            if let Some((parent, status)) =
                self.ended_parent(draft).filter(|_| draft.idempotency.is_none())
            {
                self.refuse_ended_parent(index, parent, status);
            }
            let line = draft.spec.parent.and_then(|parent| self.lines.get(&parent));
            if line.is_some_and(|line| line.len() > DEPTH_MAX) {
                let message = format!(
                    "a job has at most {DEPTH_MAX} ancestors; let the parent do the work itself, or start it from one further up"
                );
                self.fault(index, "/parent", message);
            }
        }
    }

    fn ended_parent(&self, draft: &Draft) -> Option<(JobId, Status)> {
        let parent = draft.spec.parent?;
        Some((parent, *self.ended.get(&parent)?))
    }

    fn refuse_ended_parent(&mut self, index: usize, parent: JobId, status: Status) {
        let message = format!(
            "{parent} has ended ({status}) and takes no more jobs; name one that has not, or leave `parent` out"
        );
        self.fault(index, "/parent", message);
    }

    /// The store has found the parent over: since when the drafts were checked, or then already.
    async fn refuse_lost_parent(&mut self, index: usize, parent: JobId) {
        match self.jobs.get(self.tenant, parent).await {
            Ok(job) if job.status().is_final() => {
                self.refuse_ended_parent(index, parent, job.status());
            }
            // A user has retried it meanwhile.
            Ok(_) => {
                let message = format!("{parent} had just ended and goes on now; submit this again");
                self.refuse(index, EngineError::Unavailable(message));
            }
            Err(EngineError::JobNotFound(_)) => self.refuse_unknown_parent(index, parent),
            Err(error) => self.refuse(index, error),
        }
    }

    fn refuse_unknown_parent(&mut self, index: usize, parent: JobId) {
        let message = format!("there is no job {parent}; submit it before its children");
        self.fault(index, "/parent", message);
    }

    fn refuse_all(&mut self, error: impl Fn() -> EngineError) {
        for index in 0..self.answers.len() {
            self.refuse(index, error());
        }
    }

    /// Each after all that it depends on. Jobs without a key have their id before they are stored, so a whole chain
    /// of them fits into one call; a key's owner is known only from the store's answer.
    async fn accept_in_order(&mut self, drafts: Vec<Draft>, needs: &[Vec<usize>]) {
        let mut open: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
        let mut batch = Vec::new();
        let mut awaited = HashSet::new();
        for index in dependencies_first(needs) {
            let awaits = needs[index].iter().any(|need| awaited.contains(need));
            if awaits || batch.len() == INSERT_MAX {
                self.insert(std::mem::take(&mut batch)).await;
                awaited.clear();
            }
            if self.answers[index].is_some() || self.is_refused_for_its_needs(index, &needs[index])
            {
                continue;
            }
            let mut draft = open[index].take().expect("a draft is taken once");
            draft.spec.depends_on.extend(needs[index].iter().map(|need| self.stored[need]));
            let line = draft.spec.parent.and_then(|parent| self.lines.get(&parent));
            draft.spec.ancestors = line.cloned().unwrap_or_default();
            let new = self.new_job(draft);
            if new.idempotency.is_some() {
                awaited.insert(index);
            } else {
                self.stored.insert(index, new.job.id);
            }
            batch.push((index, new));
        }
        self.insert(batch).await;
        for index in 0..self.answers.len() {
            if self.answers[index].is_none() {
                self.fault(index, "/depends_on", "these jobs depend on each other in a circle");
            }
        }
    }

    /// A draft cannot be accepted when one was not that it depends on.
    fn is_refused_for_its_needs(&mut self, index: usize, needs: &[usize]) -> bool {
        let refusals = needs.iter().filter_map(|need| match &self.answers[*need] {
            Some(Err(EngineError::Unavailable(text))) => Some(Some(text.clone())),
            Some(Err(_)) => Some(None),
            _ => None,
        });
        // What may work later is said only when nothing is wrong for ever.
        match refusals.min() {
            None => return false,
            Some(None) => {
                self.fault(index, "/depends_on", "a job that this one depends on was refused");
            }
            Some(Some(text)) => self.refuse(index, EngineError::Unavailable(text)),
        }
        true
    }

    async fn insert(&mut self, batch: Vec<(usize, NewJob)>) {
        if batch.is_empty() {
            return;
        }
        let engine = &self.jobs.engine;
        let (indexes, batch): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let jobs: Vec<_> = batch.iter().map(|new| new.job.clone()).collect();
        match engine.ports.store.insert(batch).await {
            Ok(inserted) => {
                for ((index, job), inserted) in indexes.into_iter().zip(jobs).zip(inserted) {
                    self.answer(index, job, inserted).await;
                }
            }
            Err(error) => {
                for index in indexes {
                    self.refuse(index, EngineError::Unavailable(error.to_string()));
                }
            }
        }
        engine.send_announced().await;
    }

    fn new_job(&self, draft: Draft) -> NewJob {
        let ports = &self.jobs.engine.ports;
        let now = ports.clock.now();
        let not_before = draft.not_before.unwrap_or(now);
        let id = ports.ids.job_id(now);
        let under = draft.spec.parent.map(|_| Under::Open);
        let under = under.filter(|_| !mutant::active(Mutant::ChildrenOfTheEnded));
        let job = Job::accepted(id, self.tenant.clone(), draft.spec, not_before, now);
        let body = EventBody::State { status: job.status(), cause: None };
        let log = vec![NewEvent { at: now, attempt: 0, body }];
        let idempotency = draft.idempotency.filter(|_| !mutant::active(Mutant::IdempotencyIgnored));
        NewJob { job, payload: draft.payload, idempotency, under, log }
    }

    async fn answer(&mut self, index: usize, job: Job, inserted: Inserted) {
        if let (Inserted::ParentLost, Some(parent)) = (&inserted, job.spec.parent) {
            return self.refuse_lost_parent(index, parent).await;
        }
        let answer = match inserted {
            Inserted::New(_) => {
                self.announce(&job);
                Ok(Submitted { job, existing: false })
            }
            Inserted::Existing(id) => {
                let found = self.jobs.get(self.tenant, id).await;
                found.map(|job| Submitted { job, existing: true })
            }
            Inserted::KeyTaken(id) => Err(EngineError::KeyTaken(id)),
            Inserted::ParentLost => Err(Refused::LeaseLost.into()),
        };
        if let Ok(submitted) = &answer {
            self.stored.insert(index, submitted.job.id);
        }
        self.answers[index].get_or_insert(answer);
    }

    fn announce(&self, job: &Job) {
        let effect = if job.rank().is_some() {
            Effect::Enqueue
        } else if job.spec.depends_on.is_empty() {
            self.jobs.engine.wakeups.due_sooner();
            return;
        } else {
            Effect::CheckDependencies
        };
        self.jobs.engine.announce(job, vec![effect]);
    }
}

/// The indexes, each behind those that it needs. Those in a circle, and whatever needs them, are left out.
fn dependencies_first(needs: &[Vec<usize>]) -> Vec<usize> {
    let mut needed_by = vec![Vec::new(); needs.len()];
    for (index, own) in needs.iter().enumerate() {
        for need in own {
            needed_by[*need].push(index);
        }
    }
    let mut missing: Vec<_> = needs.iter().map(Vec::len).collect();
    let mut order: Vec<_> = (0..needs.len()).filter(|index| missing[*index] == 0).collect();
    let mut next = 0;
    while let Some(index) = order.get(next).copied() {
        next += 1;
        for dependent in &needed_by[index] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                order.push(*dependent);
            }
        }
    }
    order
}
