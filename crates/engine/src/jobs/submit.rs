//! Taking jobs in: everything is checked before anything is stored.

use std::collections::{HashMap, HashSet};

use agent_runner_domain::{
    JobId, TenantId,
    event::{EventBody, NewEvent},
    job::{Effect, Job},
    mutant::{self, Mutant},
    ports::{Inserted, NewJob},
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
}

impl Jobs {
    /// Accepts each draft or says why not, in the given order. A draft that others of the same call depend on
    /// is accepted before them; when it is refused, so are they. What is accepted is durable.
    pub async fn submit(&self, tenant: &TenantId, drafts: Vec<Draft>) -> Vec<Answer> {
        let answers = drafts.iter().map(|_| None).collect();
        let mut intake = Intake { jobs: self, tenant, answers, stored: HashMap::new() };
        intake.check_payloads(&drafts);
        let needs = intake.resolve_references(&drafts);
        intake.check_dependencies(&drafts).await;
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
    async fn check_dependencies(&mut self, drafts: &[Draft]) {
        let ids: HashSet<_> =
            drafts.iter().flat_map(|draft| &draft.spec.depends_on).copied().collect();
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
        let known: HashSet<_> = own.map(|found| found.value.id).collect();
        for (index, draft) in drafts.iter().enumerate() {
            for (position, id) in draft.spec.depends_on.iter().enumerate() {
                if !known.contains(id) {
                    let message = format!("there is no job {id}; submit it before its dependents");
                    self.fault(index, format!("/depends_on/{position}"), message);
                }
            }
        }
    }

    fn refuse_all(&mut self, error: impl Fn() -> EngineError) {
        for index in 0..self.answers.len() {
            self.refuse(index, error());
        }
    }

    /// Wave by wave: whatever all its dependencies are stored for.
    async fn accept_in_order(&mut self, drafts: Vec<Draft>, needs: &[Vec<usize>]) {
        let mut open: Vec<Option<Draft>> = drafts.into_iter().map(Some).collect();
        loop {
            self.refuse_dependents_of_refused(needs);
            let ready: Vec<usize> = (0..open.len())
                .filter(|index| self.answers[*index].is_none())
                .filter(|index| needs[*index].iter().all(|need| self.stored.contains_key(need)))
                .collect();
            if ready.is_empty() {
                break;
            }
            for wave in ready.chunks(INSERT_MAX) {
                let wave = wave.iter().map(|index| {
                    let mut draft = open[*index].take().expect("a draft is taken once");
                    let needed = needs[*index].iter().map(|need| self.stored[need]);
                    draft.spec.depends_on.extend(needed);
                    (*index, draft)
                });
                let wave: Vec<_> = wave.collect();
                self.insert(wave).await;
            }
        }
        for index in 0..self.answers.len() {
            if self.answers[index].is_none() {
                self.fault(index, "/depends_on", "these jobs depend on each other in a circle");
            }
        }
    }

    fn refuse_dependents_of_refused(&mut self, needs: &[Vec<usize>]) {
        let mut changed = true;
        while changed {
            changed = false;
            for (index, own) in needs.iter().enumerate() {
                let refused = |need: &&usize| matches!(self.answers[**need], Some(Err(_)));
                if self.answers[index].is_none() && own.iter().any(|need| refused(&need)) {
                    self.fault(index, "/depends_on", "a job that this one depends on was refused");
                    changed = true;
                }
            }
        }
    }

    async fn insert(&mut self, wave: Vec<(usize, Draft)>) {
        let engine = &self.jobs.engine;
        let mut indexes = Vec::with_capacity(wave.len());
        let mut jobs = Vec::with_capacity(wave.len());
        let mut batch = Vec::with_capacity(wave.len());
        for (index, draft) in wave {
            let new = self.new_job(draft);
            indexes.push(index);
            jobs.push(new.job.clone());
            batch.push(new);
        }
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
        let job = Job::accepted(id, self.tenant.clone(), draft.spec, not_before, now);
        let body = EventBody::State { status: job.status(), cause: None };
        let log = vec![NewEvent { at: now, attempt: 0, body }];
        let idempotency = draft.idempotency.filter(|_| !mutant::active(Mutant::IdempotencyIgnored));
        NewJob { job, payload: draft.payload, idempotency, log }
    }

    async fn answer(&mut self, index: usize, job: Job, inserted: Inserted) {
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
