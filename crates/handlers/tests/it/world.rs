//! A job, its attempts, and all that stands behind a worker's link, in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_runner_domain::direct_link::{DirectLink, LinkPorts};
use agent_runner_domain::{
    JobId, Money, RawJson,
    event::{EventBody, LogStream, NewEvent},
    job::{Exit, Failure, Job, JobEvent, Verdict},
    ports::{
        ArtifactError, ArtifactInfo, ArtifactKey, ArtifactName, ArtifactStore, Commit, JobCost,
        JobStore, LaunchKey, Ledger, Secret, SecretError, SecretSource, Ticket, WorkerLink,
    },
};
use agent_runner_handlers::{Context, Stop, Surroundings, WorkRoot};
use agent_runner_testkit::{MemoryLedger, MemoryStore, Samples};
use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::agent::Family;

/// More events than any of these jobs has.
const EVENTS_MAX: usize = 100_000;
/// Nothing here takes long; what hangs is a fault.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    samples: Samples,
    store: MemoryStore,
    pub(crate) ledger: MemoryLedger,
    pub(crate) files: Files,
    pub(crate) children: Family,
    settings: Settings,
    pub(crate) job: JobId,
}

/// What a run of a handler came to.
pub(crate) struct Ran {
    pub(crate) outcome: Result<Value, Stop>,
    pub(crate) events: Vec<EventBody>,
}

impl World {
    pub(crate) async fn new(budget_dollars: Option<f64>) -> Self {
        let samples = Samples::default();
        let store = MemoryStore::default();
        let budget = budget_dollars.map(|dollars| Money::from_dollars(dollars).unwrap());
        let new = samples.job_with(|spec| spec.budget = budget);
        let job = new.job.id;
        store.insert(vec![new]).await.unwrap();
        let (ledger, files, children, settings) = Default::default();
        Self { samples, store, ledger, files, children, settings, job }
    }

    /// With a provider at this address, and a key for it.
    pub(crate) async fn with_claude_at(url: &str, budget_dollars: Option<f64>) -> Self {
        let world = Self::new(budget_dollars).await;
        world.set("ANTHROPIC_BASE_URL", url);
        world.set("ANTHROPIC_API_KEY", "sk-ant-secret");
        world
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        self.settings.0.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn run(&self, job_type: &str, payload: Value) -> Ran {
        self.attempt().await.run(job_type, payload).await
    }

    /// A new attempt; the one before it is lost.
    pub(crate) async fn attempt(&self) -> Attempt {
        let job = self.load().await;
        if job.state.lease().is_some() {
            let exit = Exit::default();
            self.apply(JobEvent::LaunchEnded { attempt: job.attempts, exit }).await;
            self.samples.clock.advance(Duration::from_hours(1));
            self.apply(JobEvent::Woken).await;
        }
        let (lease, claim) = self.samples.claim();
        let job = self.apply(claim).await;
        let ticket = Ticket { key: LaunchKey { job: job.id, attempt: job.attempts }, lease };
        let ports = LinkPorts {
            store: Arc::new(self.store.clone()),
            artifacts: Arc::new(self.files.clone()),
            clock: Arc::new(self.samples.clock.clone()),
            ledger: Arc::new(self.ledger.clone()),
            settings: Arc::new(self.settings.clone()),
            children: Arc::new(self.children.clone()),
        };
        let link = Arc::new(DirectLink::new(ports, ticket));
        let assignment = link.start(None).await.unwrap();
        let (sender, events) = mpsc::channel(EVENTS_MAX);
        let clock = Arc::new(self.samples.clock.clone());
        let context = Context::new(&assignment, link, sender, clock, surroundings());
        Attempt { context, events }
    }

    /// The attempt's last word is heard, and a user retries the job.
    pub(crate) async fn retry_after(&self, failure: Failure) {
        let lease = self.load().await.state.lease().expect("an attempt runs");
        self.apply(JobEvent::Finished { lease, verdict: Verdict::Failed(failure) }).await;
        self.apply(JobEvent::Retry).await;
    }

    pub(crate) async fn cost(&self) -> JobCost {
        self.ledger.costs(&[self.job]).await.unwrap()[0]
    }

    async fn load(&self) -> Job {
        self.store.load(self.job).await.unwrap().unwrap().value
    }

    async fn apply(&self, event: JobEvent) -> Job {
        let seen = self.store.load(self.job).await.unwrap().unwrap();
        let Some(step) = seen.value.apply(event, self.samples.now()).unwrap() else {
            return seen.value;
        };
        let job = step.job.clone();
        let commit = Commit { seen: seen.version, step, result: None };
        self.store.commit(vec![commit]).await.remove(0).unwrap();
        job
    }
}

pub(crate) struct Attempt {
    pub(crate) context: Context,
    events: mpsc::Receiver<NewEvent>,
}

impl Attempt {
    pub(crate) async fn run(mut self, job_type: &str, payload: Value) -> Ran {
        let payload = RawJson::from(&payload);
        let run = agent_runner_handlers::run(job_type, &payload, &self.context);
        let outcome = tokio::time::timeout(PATIENCE, run).await.expect("nothing hangs");
        let outcome = outcome.map(|result| serde_json::from_str(result.get()).unwrap());
        let events = std::iter::from_fn(|| self.events.try_recv().ok());
        Ran { outcome, events: events.map(|event| event.body).collect() }
    }
}

impl Ran {
    pub(crate) fn result(&self) -> &Value {
        self.outcome.as_ref().expect("it succeeds")
    }

    pub(crate) fn failure(&self) -> &Failure {
        match &self.outcome {
            Err(Stop::Failed(failure)) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }

    /// The text events, joined.
    pub(crate) fn text(&self) -> String {
        let texts = self.events.iter().filter_map(|event| match event {
            EventBody::Text { text } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The messages of failed steps.
    pub(crate) fn troubles(&self) -> Vec<&str> {
        let messages = self.events.iter().filter_map(|event| match event {
            EventBody::Step { message: Some(message), .. } => Some(message.as_str()),
            _ => None,
        });
        messages.collect()
    }

    pub(crate) fn remarks(&self) -> Vec<&str> {
        let lines = self.events.iter().filter_map(|event| match event {
            EventBody::Log { stream: LogStream::Worker, line } => Some(line.as_str()),
            _ => None,
        });
        lines.collect()
    }
}

fn surroundings() -> Arc<Surroundings> {
    Arc::new(Surroundings {
        worker: "test".to_owned(),
        guard: Vec::new(),
        search_path: "/usr/bin:/bin".into(),
        private_variables: &[],
        work_root: WorkRoot::Temporary,
        artifact_bytes_max: 1 << 20,
    })
}

#[derive(Clone, Default)]
struct Settings(Arc<Mutex<BTreeMap<String, String>>>);

#[async_trait]
impl SecretSource for Settings {
    async fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        Ok(self.0.lock().unwrap().get(name).map(Secret::new))
    }
}

#[derive(Clone, Default)]
pub(crate) struct Files(Arc<Mutex<BTreeMap<ArtifactKey, Vec<u8>>>>);

impl Files {
    pub(crate) fn add(&self, job: JobId, name: &str, content: &[u8]) {
        let key = ArtifactKey { job, attempt: 1, name: name.parse().unwrap() };
        self.0.lock().unwrap().insert(key, content.to_owned());
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let name: ArtifactName = name.parse().unwrap();
        let files = self.0.lock().unwrap();
        let (_, content) = files.iter().find(|(key, _)| key.name == name)?;
        Some(String::from_utf8(content.clone()).unwrap())
    }
}

#[async_trait]
impl ArtifactStore for Files {
    async fn put(
        &self,
        key: &ArtifactKey,
        content: Vec<u8>,
    ) -> Result<ArtifactInfo, ArtifactError> {
        let bytes = content.len() as u64;
        self.0.lock().unwrap().insert(key.clone(), content);
        Ok(ArtifactInfo { name: key.name.clone(), attempt: key.attempt, bytes })
    }

    async fn get(&self, key: &ArtifactKey) -> Result<Option<Vec<u8>>, ArtifactError> {
        Ok(self.0.lock().unwrap().get(key).cloned())
    }

    async fn list(&self, job: JobId) -> Result<Vec<ArtifactInfo>, ArtifactError> {
        let files = self.0.lock().unwrap();
        let of_job = files.iter().filter(|(key, _)| key.job == job);
        let info = |(key, content): (&ArtifactKey, &Vec<u8>)| ArtifactInfo {
            name: key.name.clone(),
            attempt: key.attempt,
            bytes: content.len() as u64,
        };
        Ok(of_job.map(info).collect())
    }

    async fn url(&self, _: &ArtifactKey) -> Result<Option<String>, ArtifactError> {
        Ok(None)
    }
}
