//! For tests: the whole site on fakes, called without a socket, and its worker.

mod fakes;

use std::sync::{Arc, Mutex};

use agent_runner_api_types::ProviderView;
use agent_runner_domain::{
    Timestamp,
    catalog::JobType,
    ports::{Clock, LaunchKey, LaunchOrder, Ledger},
};
use agent_runner_engine::{Catalog, Engine, Ports, loops};
use agent_runner_testkit::{
    FrozenClock, MemoryLedger, MemoryQueue, MemorySecrets, MemoryStore, SeededIds,
};
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use self::fakes::{FakeArtifacts, FakeLauncher, NoCallbacks, NoLedger};
use crate::{
    access::{Access, Keys, NewKey, Scope},
    app::{App, Parts},
    frame::Site,
    metrics::{MeteredLedger, MeteredStore, Metrics},
    openapi::Description,
};

/// 2027-01-15T08:00:00Z
pub(crate) const NOW_MS: i64 = 1_800_000_000_000;
pub(crate) const HOST: &str = "127.0.0.1:8000";

pub(crate) struct TestSite {
    pub(crate) site: Site,
    orders: Arc<Mutex<Vec<LaunchOrder>>>,
    /// Sent with every request.
    pub(crate) key: Option<String>,
}

/// What the site said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The problem's status and code, and the places of its faults.
    pub(crate) fn problem(&self) -> (u16, String, Vec<String>) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        let faults = problem["errors"].as_array().into_iter().flatten();
        let paths = faults.map(|fault| fault["path"].as_str().unwrap().to_owned()).collect();
        (self.status.as_u16(), problem["code"].as_str().unwrap().to_owned(), paths)
    }

    pub(crate) fn job_id(&self) -> String {
        self.json()["job_id"].as_str().unwrap_or_else(|| panic!("{self:?}")).to_owned()
    }
}

impl TestSite {
    pub(crate) fn new() -> Self {
        Self::with(Access::Loopback, Arc::new(MemoryLedger::default()))
    }

    /// Whose ledger never answers.
    pub(crate) fn without_ledger() -> Self {
        Self::with(Access::Loopback, Arc::new(NoLedger))
    }

    /// With a key for each of these tenants and scopes; the keys are returned in the same order.
    pub(crate) fn with_keys(keys: &[(&str, &[Scope])]) -> (Self, Vec<String>) {
        let new = |(at, (tenant, scopes)): (usize, &(&str, &[Scope]))| {
            NewKey::new(
                "test",
                tenant.parse().unwrap(),
                scopes.to_vec(),
                [u8::try_from(at).unwrap(); 32],
            )
        };
        let made: Vec<_> = keys.iter().enumerate().map(new).collect();
        let lines = made.iter().map(|key| serde_json::to_string(&key.entry).unwrap());
        let file = lines.collect::<Vec<_>>().join("\n");
        let access = Access::Keys(Keys::parse(&file).unwrap());
        let site = Self::with(access, Arc::new(MemoryLedger::default()));
        (site, made.into_iter().map(|key| key.key).collect())
    }

    fn with(access: Access, ledger: Arc<dyn Ledger>) -> Self {
        let clock = FrozenClock::at(Timestamp::from_millis(NOW_MS));
        let orders = Arc::default();
        let metrics = Metrics::default();
        let shared: Arc<dyn Clock> = Arc::new(clock);
        let ports = Ports {
            store: Arc::new(MeteredStore::new(Arc::new(MemoryStore::default()), metrics.clone())),
            queue: Arc::new(MemoryQueue::new(shared.clone())),
            launcher: Arc::new(FakeLauncher { orders: Arc::clone(&orders) }),
            artifacts: Arc::new(FakeArtifacts::default()),
            callbacks: Arc::new(NoCallbacks),
            clock: shared,
            ids: Arc::new(SeededIds::new(7)),
            ledger: Arc::new(MeteredLedger::new(ledger, metrics.clone())),
            settings: Arc::new(MemorySecrets::default().with("OPEN_KEY", "sk-very-secret")),
        };
        let engine = Engine::new(ports, Catalog::new(vec![echo()]));
        let site = Site::new(App::new(Parts {
            jobs: engine.jobs(),
            engine,
            description: Description::new(matches!(access, Access::Keys(_))),
            access,
            metrics,
            allow_private_callbacks: false,
            providers: vec![anthropic()],
            demo: false,
            stopping: CancellationToken::new(),
        }));
        Self { site, orders, key: None }
    }

    pub(crate) async fn send(
        &self,
        request: http::request::Builder,
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = request;
        let headers = request.headers_mut().unwrap();
        headers.entry("host").or_insert(HOST.parse().unwrap());
        if let Some(key) = &self.key {
            headers.insert("x-api-key", key.parse().unwrap());
        }
        let (parts, body) = self.site.answer(request.body(body.into()).unwrap()).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes().into();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(path).header("content-type", "application/json"), body).await
    }

    /// An echo job, with these fields besides.
    pub(crate) async fn submit(&self, fields: &Value) -> Answer {
        let mut job = json!({"job_type": "echo", "payload": {"message": "hi"}});
        job.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.post("/jobs", job.to_string()).await
    }

    /// How many jobs are stored for the caller.
    pub(crate) async fn stored(&self) -> usize {
        self.get("/jobs?limit=500").await.json()["jobs"].as_array().unwrap().len()
    }

    /// Launches what is ready, and returns the worker of the newest launch.
    pub(crate) async fn launch(&self) -> TestWorker<'_> {
        loops::dispatch::run_once(&self.site.app().engine, std::time::Duration::ZERO)
            .await
            .unwrap();
        let order = self.orders.lock().unwrap().pop().expect("something was ready");
        TestWorker { site: self, order }
    }

    /// Another worker for the same attempt.
    pub(crate) fn launch_like<'a>(&'a self, worker: &TestWorker<'_>) -> TestWorker<'a> {
        TestWorker { site: self, order: worker.order.clone() }
    }

    /// Runs the only ready job to its end.
    pub(crate) async fn run_one(&self) {
        let worker = self.launch().await;
        worker.say("start", &json!({"launch": null})).await;
        let last = json!({"verdict": {"verdict": "succeeded"}, "result": {"said": "hi"}, "first": 1, "events": []});
        assert_eq!(worker.say("finish", &last).await.status, 204);
    }
}

/// A worker that says what the test says.
pub(crate) struct TestWorker<'a> {
    site: &'a TestSite,
    pub(crate) order: LaunchOrder,
}

impl TestWorker<'_> {
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let LaunchOrder { key, lease, .. } = &self.order;
        Request::builder()
            .method(method)
            .uri(format!("/worker/v1/{path}"))
            .header("authorization", format!("Bearer {}", lease.reveal()))
            .header("x-job-id", key.job.to_string())
            .header("x-attempt", key.attempt.to_string())
    }

    /// Makes the call and pays for it, in nanodollars: held `most` before, `cost` after (`None`: no price).
    pub(crate) async fn call(&self, call: u32, most: u64, cost: Option<u64>) {
        let granted = self.reserve(call, most).await;
        assert_eq!(granted.json(), json!("granted"));
        assert_eq!(self.settle(call, cost).await.status, 204);
    }

    pub(crate) async fn reserve(&self, call: u32, most: u64) -> Answer {
        let ask = json!({"provider": "anthropic", "model": "claude", "most": most});
        self.say("reserve", &json!({"call": call, "ask": ask})).await
    }

    pub(crate) async fn settle(&self, call: u32, cost: Option<u64>) -> Answer {
        let LaunchKey { job, attempt } = self.order.key;
        let tokens = json!({"input": 10, "output": 20, "cache_read": 0, "cache_write": 0});
        let charge = json!({"model": "claude-1", "cost": cost, "tokens": tokens});
        let call = json!({"job": job, "attempt": attempt, "call": call});
        self.say("settle", &json!({"call": call, "charge": charge})).await
    }

    pub(crate) async fn say(&self, what: &str, body: &Value) -> Answer {
        self.site.send(self.request("POST", what), body.to_string()).await
    }
}

fn anthropic() -> ProviderView {
    let (name, key_name) = ("anthropic".to_owned(), "ANTHROPIC_API_KEY".to_owned());
    ProviderView { name, key_name, has_key: true, is_local: false }
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
