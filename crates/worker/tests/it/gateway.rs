//! An orchestrator's gateway that does as it is told and remembers what it hears.

mod office;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use agent_runner_api_types::worker as wire;
use agent_runner_domain::{
    JobId, Lease, Money, RawJson,
    event::{EventBody, LogStream, NewEvent},
    job::{Failure, LaunchRef, Resources, Verdict},
    ports::{ArtifactInfo, Assignment, JobCost, LaunchKey, LaunchOrder, Ledger},
};
use agent_runner_testkit::MemoryLedger;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{post, put},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::UnixListener;

const LEASE: u128 = 0x1ea5e;
const PATIENCE: Duration = Duration::from_secs(20);

/// What the gateway does.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) job_type: &'static str,
    pub(crate) payload: Value,
    /// Results of jobs that this one depends on.
    pub(crate) inputs: BTreeMap<JobId, RawJson>,
    pub(crate) timeout: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) grace: Duration,
    /// So many requests are answered with 503 before the first is heard.
    pub(crate) failures: usize,
    pub(crate) heartbeat_says_stop: bool,
    /// The attempt is over from the start.
    pub(crate) lease_lost: bool,
    /// The last word is never answered.
    pub(crate) deaf_at_the_end: bool,
    /// Keys and settings of the operator.
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) budget: Option<Money>,
}

impl Script {
    pub(crate) fn of(job_type: &'static str, payload: Value) -> Self {
        Self {
            job_type,
            payload,
            inputs: BTreeMap::new(),
            timeout: Duration::from_mins(1),
            heartbeat: Duration::from_secs(10),
            grace: Duration::from_secs(4),
            failures: 0,
            heartbeat_says_stop: false,
            lease_lost: false,
            deaf_at_the_end: false,
            settings: BTreeMap::new(),
            budget: None,
        }
    }
}

/// What the gateway has heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) requests: Vec<String>,
    pub(crate) launch: Option<LaunchRef>,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) artifacts: BTreeMap<String, Vec<u8>>,
    /// What all attempts have recorded.
    pub(crate) steps: Vec<(String, RawJson)>,
    pub(crate) last_word: Option<wire::FinishRequest>,
}

pub(crate) struct Gateway {
    pub(crate) folder: TempDir,
    pub(crate) job: JobId,
    shared: Arc<Shared>,
}

impl Shared {
    fn attempt(&self) -> u32 {
        self.attempt.load(Ordering::SeqCst)
    }
}

struct Shared {
    job: JobId,
    attempt: AtomicU32,
    retries: AtomicU32,
    ledger: MemoryLedger,
    script: Mutex<Script>,
    heard: Mutex<Heard>,
}

impl Gateway {
    pub(crate) fn start(script: Script) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let random = tempfile::Builder::new().tempfile_in(&folder).unwrap();
        // Processes of a job are found by its id, and these tests run beside each other.
        let seed = random
            .path()
            .to_string_lossy()
            .bytes()
            .fold(0_u128, |seed, byte| seed.wrapping_mul(257).wrapping_add(byte.into()));
        let job = JobId::from_u128(seed);
        let script = Mutex::new(script);
        let (attempt, retries) = (AtomicU32::new(1), AtomicU32::default());
        let (ledger, heard) = Default::default();
        let shared = Arc::new(Shared { job, attempt, retries, ledger, script, heard });
        let gateway = Self { folder, job, shared };
        let listener = UnixListener::bind(gateway.socket()).unwrap();
        let router = router(gateway.shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        gateway
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("w.sock")
    }

    pub(crate) fn link(&self) -> String {
        format!("unix:{}", self.socket().display())
    }

    pub(crate) fn work_dir(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn order(&self) -> LaunchOrder {
        LaunchOrder {
            key: LaunchKey { job: self.job, attempt: self.shared.attempt() },
            lease: Lease::from_u128(LEASE),
            job_type: "any".to_owned(),
            resources: Resources::default(),
        }
    }

    /// What follows is said of another attempt; of the one before only its steps and files are left.
    pub(crate) fn next_attempt(&self) {
        self.shared.attempt.fetch_add(1, Ordering::SeqCst);
        self.shared.script.lock().unwrap().deaf_at_the_end = false;
        let mut heard = self.heard();
        (heard.launch, heard.last_word) = (None, None);
        heard.events.clear();
    }

    /// As after [`Self::next_attempt`], which a user has asked for.
    pub(crate) fn retry(&self) {
        self.shared.retries.fetch_add(1, Ordering::SeqCst);
        self.next_attempt();
    }

    pub(crate) fn set(&self, name: &str, value: &str) {
        let settings = &mut self.shared.script.lock().unwrap().settings;
        settings.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn set_payload(&self, payload: Value) {
        self.shared.script.lock().unwrap().payload = payload;
    }

    /// From the next heartbeat on.
    pub(crate) fn say_stop(&self) {
        self.shared.script.lock().unwrap().heartbeat_says_stop = true;
    }

    pub(crate) async fn cost(&self) -> JobCost {
        self.shared.ledger.costs(&[self.job]).await.unwrap()[0]
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.shared.heard.lock().unwrap()
    }

    /// Waits until `seen` sees it in what was heard.
    pub(crate) async fn until<T>(&self, seen: impl Fn(&Heard) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = seen(&self.heard()) {
                return found;
            }
            assert!(Instant::now() < end, "not heard in time: {:?}", self.heard());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) async fn last_word(&self) -> wire::FinishRequest {
        self.until(|heard| heard.last_word.clone()).await
    }

    pub(crate) async fn result(&self) -> Value {
        let word = self.last_word().await;
        assert_eq!(word.verdict, Verdict::Succeeded);
        serde_json::from_str(word.result.as_ref().map_or("", RawJson::get)).unwrap()
    }

    pub(crate) async fn failure(&self) -> Failure {
        match self.last_word().await.verdict {
            Verdict::Failed(failure) => failure,
            other => panic!("no failure: {other:?}"),
        }
    }

    /// The logged lines of a stream so far.
    pub(crate) fn lines(&self, wanted: LogStream) -> Vec<String> {
        lines(&self.heard(), wanted)
    }

    /// Waits until such a line is logged.
    pub(crate) async fn line(&self, stream: LogStream, wanted: impl Fn(&str) -> bool) -> String {
        self.until(|heard| lines(heard, stream).into_iter().find(|line| wanted(line))).await
    }
}

fn lines(heard: &Heard, wanted: LogStream) -> Vec<String> {
    let line = |event: &NewEvent| match &event.body {
        EventBody::Log { stream, line } if *stream == wanted => Some(line.clone()),
        _ => None,
    };
    heard.events.iter().filter_map(line).collect()
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route(wire::START, post(start))
        .route(wire::HEARTBEAT, post(heartbeat))
        .route(wire::EVENTS, post(events))
        .route(wire::FINISH, post(finish))
        .route(&format!("{}/{{*name}}", wire::ARTIFACTS), put(artifact))
        .merge(office::router())
        .layer(DefaultBodyLimit::max(wire::ARTIFACT_BYTES_MAX))
        .layer(middleware::from_fn_with_state(shared.clone(), guard))
        .with_state(shared)
}

async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    check(&shared, request.headers());
    shared.heard.lock().unwrap().requests.push(request.uri().path().to_owned());
    let verdict = {
        let mut script = shared.script.lock().unwrap();
        let failing = script.failures > 0;
        script.failures = script.failures.saturating_sub(1);
        (failing, script.lease_lost)
    };
    match verdict {
        (true, _) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        (_, true) => StatusCode::CONFLICT.into_response(),
        _ => next.run(request).await,
    }
}

fn check(shared: &Shared, headers: &HeaderMap) {
    assert_eq!(headers["authorization"], format!("Bearer {LEASE:032x}"));
    assert_eq!(headers[wire::JOB_ID_HEADER], shared.job.to_string());
    assert!(headers[wire::ATTEMPT_HEADER].to_str().unwrap().parse::<u32>().is_ok());
}

async fn start(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::StartRequest>,
) -> Json<Assignment> {
    shared.heard.lock().unwrap().launch = request.launch;
    let script = shared.script.lock().unwrap().clone();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap();
    Json(Assignment {
        job_id: shared.job,
        job_type: script.job_type.to_owned(),
        attempt: shared.attempt(),
        retries: shared.retries.load(Ordering::SeqCst),
        payload: RawJson::from(&script.payload),
        inputs: script.inputs.clone(),
        timeout_ms: millis(script.timeout),
        heartbeat_ms: millis(script.heartbeat),
        grace_ms: millis(script.grace),
    })
}

async fn heartbeat(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let stop = shared.script.lock().unwrap().heartbeat_says_stop;
    Json(json!({"instruction": if stop { "stop" } else { "continue" }}))
}

/// Numbered from 1 without gaps; what is known already is a repetition.
fn append(heard: &mut Heard, first: u64, events: Vec<NewEvent>) {
    let next = heard.events.len() as u64 + 1;
    assert!(first <= next, "a gap: {first} after {next}");
    let known = usize::try_from(next - first).unwrap();
    heard.events.extend(events.into_iter().skip(known));
}

async fn events(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::EventsRequest>,
) -> StatusCode {
    append(&mut shared.heard.lock().unwrap(), request.first, request.events);
    StatusCode::NO_CONTENT
}

async fn artifact(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    content: Bytes,
) -> Json<ArtifactInfo> {
    let (attempt, bytes) = (shared.attempt(), content.len() as u64);
    let info = ArtifactInfo { name: name.parse().unwrap(), attempt, bytes };
    shared.heard.lock().unwrap().artifacts.insert(name, content.into());
    Json(info)
}

async fn finish(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<wire::FinishRequest>,
) -> StatusCode {
    let mut heard = shared.heard.lock().unwrap();
    append(&mut heard, request.first, request.events.clone());
    heard.last_word = Some(request);
    drop(heard);
    if shared.script.lock().unwrap().deaf_at_the_end {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    StatusCode::NO_CONTENT
}
