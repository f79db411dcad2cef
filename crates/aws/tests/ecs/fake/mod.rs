//! ECS and a queue, as far as the launcher uses them, at the level of HTTP.

mod ecs;
mod sqs;
mod tasks;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use agent_runner_aws::{
    Names, clients,
    launcher::{EcsLauncher, LauncherConfig},
    task_events::TaskEvents,
};
use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};

pub(crate) use self::tasks::Life;
use self::{sqs::Queue, tasks::Tasks};

/// What the next call of an action shall get instead of its answer.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    Error {
        status: u16,
        code: &'static str,
        message: &'static str,
    },
    /// It is done, and nobody hears of it.
    LostReply,
    /// `failures[]` in an answer that says 200.
    Failure {
        reason: &'static str,
        detail: &'static str,
    },
}

impl Plan {
    pub(crate) fn refusal(code: &'static str, message: &'static str) -> Self {
        Self::Error { status: 400, code, message }
    }
}

#[derive(Default)]
pub(crate) struct World {
    pub(crate) tasks: Tasks,
    pub(crate) queue: Queue,
    pub(crate) plans: VecDeque<(&'static str, Plan)>,
    /// Every call: its action and its parameters.
    pub(crate) calls: Vec<(String, Value)>,
}

#[derive(Clone)]
pub(crate) struct Fake {
    world: Arc<Mutex<World>>,
    url: String,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World::default()));
        let routes = Router::new().route("/", post(answer)).with_state(world.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { world, url }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) fn plan(&self, action: &'static str, plans: impl IntoIterator<Item = Plan>) {
        self.world().plans.extend(plans.into_iter().map(|plan| (action, plan)));
    }

    /// The parameters of all calls of this action.
    pub(crate) fn calls(&self, action: &str) -> Vec<Value> {
        let world = self.world();
        world.calls.iter().filter(|call| call.0 == action).map(|call| call.1.clone()).collect()
    }

    fn sdk(&self) -> SdkConfig {
        let keys = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .endpoint_url(&self.url)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(clients::http())
            .retry_config(RetryConfig::disabled())
            .build()
    }

    pub(crate) fn launcher(&self, config: LauncherConfig) -> EcsLauncher {
        let ecs = aws_sdk_ecs::Client::new(&self.sdk());
        EcsLauncher::new(ecs, &Names::new("n"), config, None)
    }

    pub(crate) async fn launcher_with_events(&self, config: LauncherConfig) -> EcsLauncher {
        let names = Names::new("n");
        let ecs = aws_sdk_ecs::Client::new(&self.sdk());
        let sqs = aws_sdk_sqs::Client::new(&self.sdk());
        let events = TaskEvents::open(sqs, &names).await.unwrap();
        EcsLauncher::new(ecs, &names, config, Some(events))
    }
}

/// Two zones, and everything so fast that tests need not wait.
pub(crate) fn config() -> LauncherConfig {
    LauncherConfig {
        subnets: vec!["subnet-a".into(), "subnet-b".into()],
        security_groups: vec!["sg-1".into()],
        assign_public_ip: true,
        look_every: Duration::from_millis(50),
        missing_grace: Duration::from_secs(2),
        ..LauncherConfig::default()
    }
}

async fn answer(State(world): State<Arc<Mutex<World>>>, head: HeaderMap, body: Bytes) -> Response {
    let target = head["x-amz-target"].to_str().unwrap().to_owned();
    let (service, action) = target.split_once('.').unwrap();
    let asked: Value = serde_json::from_slice(&body).unwrap();
    if service == "AmazonSQS" {
        return sqs::answer(&world, action, &asked).await;
    }
    let mut world = world.lock().unwrap();
    world.calls.push((action.to_owned(), asked.clone()));
    let planned = world.plans.iter().position(|(of, _)| *of == action);
    match planned.and_then(|at| world.plans.remove(at)) {
        Some((_, Plan::Error { status, code, message })) => error(status, code, message),
        Some((_, Plan::Failure { reason, detail })) => {
            said(&json!({"tasks": [], "failures": [{"reason": reason, "detail": detail}]}))
        }
        Some((_, Plan::LostReply)) => {
            let _ = ecs::answer(&mut world.tasks, action, &asked);
            error(500, "ServerException", "Service Unavailable. Please try again later.")
        }
        None => ecs::answer(&mut world.tasks, action, &asked),
    }
}

fn said(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let body = json!({"__type": code, "message": message});
    (StatusCode::from_u16(status).unwrap(), said(&body)).into_response()
}
