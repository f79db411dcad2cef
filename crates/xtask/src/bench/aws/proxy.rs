//! Between programs and the emulator: counts what passes, and asks the table what each call consumed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{Request, StatusCode, header, request, response},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use super::{
    fargate::Fargate,
    tally::{self, Meter},
};

/// What names the operation in the services' JSON protocols.
const TARGET: &str = "x-amz-target";
const DYNAMODB: &str = "DynamoDB_20120810";
const ECS: &str = "AmazonEC2ContainerServiceV20141113";
const BODY_MAX: usize = 64 * 1024 * 1024;

pub(super) type Upstream = Client<HttpConnector, Full<Bytes>>;

/// Serves as long as the runtime does.
pub(super) struct Proxy {
    pub(super) url: String,
    pub(super) meter: Arc<Meter>,
    first_write: FirstWrite,
}

/// When the first write to the table was answered since somebody wanted to know.
type FirstWrite = Arc<Mutex<Option<Instant>>>;

#[derive(Clone)]
struct Site {
    upstream: SocketAddr,
    client: Upstream,
    meter: Arc<Meter>,
    first_write: FirstWrite,
    /// Who runs tasks instead of the emulator.
    fargate: Option<Arc<Fargate>>,
}

impl Proxy {
    pub(super) async fn start(
        upstream: SocketAddr,
        fargate: Option<Arc<Fargate>>,
    ) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let meter = Arc::new(Meter::default());
        let first_write = FirstWrite::default();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (counting, noting) = (meter.clone(), first_write.clone());
        let site = Site { upstream, client, meter: counting, first_write: noting, fargate };
        let router = Router::new().fallback(answer).with_state(site);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, meter, first_write })
    }

    /// When the first write to the table was answered since this was asked last.
    pub(super) fn take_first_write(&self) -> Option<Instant> {
        self.first_write.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

async fn answer(State(site): State<Site>, request: Request<Body>) -> Response {
    match site.pass(request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Site {
    async fn pass(&self, request: Request<Body>) -> anyhow::Result<Response> {
        let (mut head, body) = request.into_parts();
        let mut body = axum::body::to_bytes(body, BODY_MAX).await?;
        let (service, action) = operation(&head);
        let name = name(&service, &action, &body);
        if let (ECS, Some(fargate)) = (service.as_str(), &self.fargate) {
            let asked = serde_json::from_slice(&body)?;
            if let Some(said) = fargate.answer(&action, &asked)? {
                self.meter.count(&name, 0.0);
                return Ok(json(&said));
            }
        }
        let in_table = service == DYNAMODB;
        let asked = body.clone();
        if in_table {
            body = with_capacity_asked(&body)?;
            head.headers.insert(header::CONTENT_LENGTH, body.len().into());
        }
        let (head, said) = self.forward(head, body).await?;
        let answer: Option<Value> = serde_json::from_slice(&said).ok().filter(|_| in_table);
        let asked = serde_json::from_slice(&asked).unwrap_or_default();
        self.meter.count(&name, answer.map_or(0.0, |answer| tally::units(&asked, &answer)));
        if in_table && !tally::reads(&action) {
            let mut first = self.first_write.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(Instant::now);
        }
        Ok(Response::from_parts(head, Body::from(said)))
    }

    async fn forward(
        &self,
        head: request::Parts,
        body: Bytes,
    ) -> anyhow::Result<(response::Parts, Bytes)> {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = head.method;
        *request.uri_mut() = format!("http://{}{path}", self.upstream).parse()?;
        *request.headers_mut() = head.headers;
        let (mut head, body) = self.client.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        // It comes whole here, however it was cut into pieces before.
        head.headers.remove(header::TRANSFER_ENCODING);
        Ok((head, body))
    }
}

/// The service, and what is asked of it; of S3, which has no such header, the method.
fn operation(head: &request::Parts) -> (String, String) {
    let target = head.headers.get(TARGET).and_then(|target| target.to_str().ok());
    let named = target.and_then(|target| target.split_once('.'));
    let (service, action) = named.unwrap_or(("", head.method.as_str()));
    (service.to_owned(), action.to_owned())
}

/// How a call is called in the tally. Looks for what is due belong to no job, so they stand apart.
fn name(service: &str, action: &str, body: &Bytes) -> String {
    let short = match service {
        DYNAMODB => "DynamoDB",
        "AmazonSQS" => "SQS",
        ECS => "ECS",
        "" => "S3",
        other => other,
    };
    let looks = service == DYNAMODB && action == "Query" && {
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        asked["IndexName"] == "wake"
    };
    format!("{short} {action}{}", if looks { " (what is due)" } else { "" })
}

fn with_capacity_asked(body: &Bytes) -> anyhow::Result<Bytes> {
    let mut asked: Value = serde_json::from_slice(body)?;
    asked["ReturnConsumedCapacity"] = "TOTAL".into();
    Ok(serde_json::to_vec(&asked)?.into())
}

fn json(said: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.1")], said.to_string()).into_response()
}
