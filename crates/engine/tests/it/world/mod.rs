//! A small world on fakes: time stands still, names are decided by a seed, and everything happens when a test says.

mod fakes;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use agent_runner_domain::{
    JobId, RawJson, TenantId,
    catalog::JobType,
    job::{CauseKind, Exit, Failure, Job, JobSpec, JobState, Status, Verdict},
    ports::{ChildOrder, Ended, Idempotency, LaunchKey, Ticket, WorkerLink},
};
use agent_runner_engine::{
    Catalog, Engine, EngineError, Ports,
    gateway::GatewayLink,
    jobs::{Draft, Jobs, Submitted},
    loops::{callbacks, dispatch, effects, endings, sweep},
};
use agent_runner_testkit::{
    FrozenClock, MemoryLedger, MemoryQueue, MemorySecrets, MemoryStore, SeededIds,
};
use serde_json::{Value, json};

use self::fakes::Files;
pub(crate) use self::fakes::{Launches, Receiver};

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: FrozenClock,
    pub(crate) store: MemoryStore,
    pub(crate) queue: MemoryQueue,
    pub(crate) launches: Launches,
    pub(crate) receiver: Receiver,
    pub(crate) ledger: MemoryLedger,
    pub(crate) tenant: TenantId,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = FrozenClock::default();
        let (store, launches) = (MemoryStore::default(), Launches::default());
        let (receiver, queue) = (Receiver::default(), MemoryQueue::new(Arc::new(clock.clone())));
        let ledger = MemoryLedger::default();
        let ports = Ports {
            store: Arc::new(store.clone()),
            queue: Arc::new(queue.clone()),
            launcher: Arc::new(launches.clone()),
            artifacts: Arc::new(Files::default()),
            callbacks: Arc::new(receiver.clone()),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SeededIds::new(1)),
            ledger: Arc::new(ledger.clone()),
            settings: Arc::new(MemorySecrets::default().with("SOME_KEY", "sk-1")),
        };
        let engine = Engine::new(ports, Catalog::new(vec![echo()]));
        let tenant = TenantId::default_tenant();
        Self { engine, clock, store, queue, launches, receiver, ledger, tenant }
    }

    /// One more engine over the same stores.
    pub(crate) fn another_orchestrator(&self) -> Engine {
        Engine::new(self.engine.ports.clone(), Catalog::new(vec![echo()]))
    }

    pub(crate) fn jobs(&self) -> Jobs {
        self.engine.jobs()
    }

    pub(crate) async fn submit_all(
        &self,
        drafts: Vec<Draft>,
    ) -> Vec<Result<Submitted, EngineError>> {
        self.jobs().submit(&self.tenant, drafts).await
    }

    pub(crate) async fn submit(&self, draft: Draft) -> JobId {
        let answer = self.submit_all(vec![draft]).await.pop().unwrap();
        answer.expect("the draft is good").job.id
    }

    pub(crate) async fn job(&self, id: JobId) -> Job {
        self.jobs().get(&self.tenant, id).await.unwrap()
    }

    pub(crate) async fn status(&self, id: JobId) -> Status {
        self.job(id).await.status()
    }

    /// Lets the loops do all that can be done now.
    pub(crate) async fn settle(&self) {
        loop {
            let effects = effects::run_once(&self.engine).await.unwrap();
            let calls = callbacks::run_once(&self.engine).await.unwrap();
            let claimed = dispatch::run_once(&self.engine, Duration::ZERO).await.unwrap();
            let swept = sweep::run_once(&self.engine).await.unwrap();
            let room = self.launches.notes().slots != Some(0);
            // Messages of jobs that are not ready any more go without a claim.
            let messages = room && self.queue.depth().0 > 0;
            if !effects && !calls && claimed == 0 && swept.due == 0 && !messages {
                return;
            }
        }
    }

    pub(crate) async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.settle().await;
    }

    /// The link of the job's worker.
    pub(crate) async fn worker(&self, id: JobId) -> GatewayLink {
        let job = self.job(id).await;
        let (JobState::Launching { attempt, lease, .. } | JobState::Running { attempt, lease, .. }) =
            job.state
        else {
            panic!("{id} is {}, it has no worker", job.status());
        };
        let key = LaunchKey { job: id, attempt };
        self.engine.gateway().link(Ticket { key, lease })
    }

    /// The link of the job's worker, which has begun.
    pub(crate) async fn running(&self, id: JobId) -> GatewayLink {
        let worker = self.worker(id).await;
        worker.start(None).await.unwrap();
        worker
    }

    /// The attempt under way is lost, and the next one has a worker.
    pub(crate) async fn lose_worker(&self, id: JobId) {
        let key = LaunchKey { job: id, attempt: self.job(id).await.attempts };
        let ended = vec![Ended { key, exit: Exit::default() }];
        endings::take_in(&self.engine, ended).await.unwrap();
        self.clock.set(self.job(id).await.wake_at().unwrap());
        self.settle().await;
    }

    /// The job's worker runs it and says how it went. Returns the inputs that it was handed.
    pub(crate) async fn run(&self, id: JobId, verdict: Verdict) -> Vec<JobId> {
        let worker = self.worker(id).await;
        let assignment = worker.start(None).await.unwrap();
        let result = (verdict == Verdict::Succeeded).then(|| RawJson::from(&json!({"of": id})));
        worker.finish(verdict, result, 1, Vec::new()).await.unwrap();
        assignment.inputs.into_keys().collect()
    }

    pub(crate) async fn fail(&self, id: JobId) {
        let failure = Failure::lasting(CauseKind::HandlerError, "the program exited with 1");
        self.run(id, Verdict::Failed(failure)).await;
    }
}

/// An order of an `echo` job.
pub(crate) fn order(key: &str) -> ChildOrder {
    ChildOrder {
        key: key.to_owned(),
        job_type: "echo".to_owned(),
        payload: RawJson::from(&json!({"message": key})),
        tags: BTreeMap::new(),
        budget: None,
        timeout_ms: None,
        priority: None,
    }
}

/// Starts children that must all be accepted.
pub(crate) async fn bear(parent: &GatewayLink, keys: &[&str]) -> Vec<JobId> {
    let orders = keys.iter().copied().map(order).collect();
    let answers = parent.submit(orders).await.unwrap();
    answers.into_iter().map(|answer| answer.expect("the order is good")).collect()
}

fn echo() -> JobType {
    JobType {
        name: "echo",
        summary: "Says it again.",
        payload_schema: || {
            json!({
                "type": "object", "required": ["message"], "additionalProperties": false,
                "properties": {"message": {"type": "string"}},
            })
        },
        example: || json!({"message": "hello"}),
    }
}

pub(crate) fn draft() -> Draft {
    draft_of(&json!({"message": "hello"}))
}

pub(crate) fn draft_of(payload: &Value) -> Draft {
    Draft {
        spec: JobSpec::of_type("echo"),
        payload: RawJson::from(payload),
        not_before: None,
        idempotency: None,
        reference: None,
        depends_on_references: Vec::new(),
    }
}

pub(crate) fn draft_with(change: impl FnOnce(&mut JobSpec)) -> Draft {
    let mut draft = draft();
    change(&mut draft.spec);
    draft
}

/// A draft with a name in its bulk, and the names of those that it depends on.
pub(crate) fn named(name: &str, needs: &[&str]) -> Draft {
    let depends_on_references = needs.iter().map(ToString::to_string).collect();
    Draft { reference: Some(name.to_owned()), depends_on_references, ..draft() }
}

pub(crate) fn keyed(key: &str, body: u8) -> Draft {
    Draft {
        idempotency: Some(Idempotency { key: key.to_owned(), fingerprint: [body; 32] }),
        ..draft()
    }
}
